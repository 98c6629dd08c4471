import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigShow extends BaseCommand {
  static override summary = 'Show every setting, its value and where the value comes from.';
  static override description = 'As the next start would see them: environment, then trackflow.json, then defaults.';
  static override examples = ['<%= config.bin %> config show', '<%= config.bin %> config show --json'];

  async run() {
    const { flags } = await this.parse(ConfigShow);
    const { configReport } = await import('../../src/cli/config/report.ts');
    const { configScreen } = await import('../../src/cli/config/screens.ts');
    const report = configReport(this.instance(flags));
    return this.show(report, () => configScreen(report));
  }
}
