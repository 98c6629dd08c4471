import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { readyTimeoutFlag } from '../../src/cli/engine/flags.ts';

export default class EngineUpgrade extends BaseCommand {
  static override summary = 'Put ClickHouse on a newer image, with the same data.';
  static override description =
    'Fetches the image, makes the container anew from it, and puts the old one back when ClickHouse does not get ready. A running daemon goes on taking events; they wait in its spool. Without --image it is the image of this version of TrackFlow, or the present one fetched anew.';
  static override examples = [
    '<%= config.bin %> engine upgrade',
    '<%= config.bin %> engine upgrade --image clickhouse/clickhouse-server:26.9',
  ];
  static override flags = {
    image: Flags.string({ summary: 'Image to upgrade to.', helpValue: 'NAME' }),
    timeout: readyTimeoutFlag,
  };

  async run() {
    const { flags } = await this.parse(EngineUpgrade);
    const { engineUpgrade } = await import('../../src/cli/engine/upgrade.ts');
    const { upgradeScreen } = await import('../../src/cli/engine/screens.ts');
    const report = await engineUpgrade(this.instance(flags), { image: flags.image, timeoutMs: flags.timeout });
    return this.show(report, (style) => upgradeScreen(report, style));
  }
}
