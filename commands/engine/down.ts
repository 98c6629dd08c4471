import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { durationFlag } from '../../src/cli/flags.ts';

export default class EngineDown extends BaseCommand {
  static override summary = 'Stop the container of ClickHouse; the data stays.';
  static override description =
    'A running daemon is stopped with `trackflow stop`, which stops the container too. --purge deletes the container, its network and its volume, and asks for the name of the volume.';
  static override examples = [
    '<%= config.bin %> engine down',
    '<%= config.bin %> engine down --purge --yes --confirm=trackflow-0123456789ab',
  ];
  static override flags = {
    timeout: durationFlag({ summary: 'Time to end in order.', default: 10_000, defaultHelp: async () => '10s' }),
    purge: Flags.boolean({ summary: 'Delete container, network and volume: every stored event.' }),
    yes: Flags.boolean({ summary: 'Confirm --purge; takes --confirm too.', dependsOn: ['purge'] }),
    confirm: Flags.string({ summary: 'Name of what --purge deletes.', helpValue: 'NAME', dependsOn: ['purge'] }),
  };

  async run() {
    const { flags } = await this.parse(EngineDown);
    const { engineDown } = await import('../../src/cli/engine/down.ts');
    const { downScreen } = await import('../../src/cli/engine/screens.ts');
    const { timeout: timeoutMs, purge, yes, confirm } = flags;
    const report = await engineDown(this.instance(flags), { timeoutMs, purge, yes, confirm });
    return this.show(report, (style) => downScreen(report, style));
  }
}
