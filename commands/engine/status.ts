import { BaseCommand } from '../../src/cli/base-command.ts';

export default class EngineStatus extends BaseCommand {
  static override summary = 'Show the engine: kind, container, health, memory, ports; exit code 0 running, 3 not.';
  static override examples = ['<%= config.bin %> engine status', '<%= config.bin %> engine status --json'];

  async run() {
    const { flags } = await this.parse(EngineStatus);
    const { engineStatus } = await import('../../src/cli/engine/status.ts');
    const { statusScreen } = await import('../../src/cli/engine/screens.ts');
    const { report, exit } = await engineStatus(this.instance(flags));
    this.exitWith(exit);
    return this.show(report, (style) => statusScreen(report, style));
  }
}
