import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { readyTimeoutFlag } from '../../src/cli/engine/flags.ts';

export default class EngineUp extends BaseCommand {
  static override summary = 'Bring up ClickHouse in a container, without the daemon.';
  static override description =
    'Pulls the image when it is not here, finds the container of this instance or makes it, and returns when ClickHouse answers. `trackflow start --engine docker` does the same and starts the daemon.';
  static override examples = [
    '<%= config.bin %> engine up',
    '<%= config.bin %> engine up --image clickhouse/clickhouse-server:26.8 --timeout 5m',
  ];
  static override flags = {
    image: Flags.string({ summary: 'Image to use.', helpValue: 'NAME' }),
    timeout: readyTimeoutFlag,
  };

  async run() {
    const { flags } = await this.parse(EngineUp);
    const { engineUp } = await import('../../src/cli/engine/up.ts');
    const { upScreen } = await import('../../src/cli/engine/screens.ts');
    const instance = this.instance(flags);
    const report = await engineUp(instance, { image: flags.image, timeoutMs: flags.timeout });
    return this.show(report, (style) => upScreen(report, instance, style));
  }
}
