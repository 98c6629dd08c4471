import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigPath extends BaseCommand {
  static override summary = 'Print where the configuration file of the instance lies.';
  static override examples = ['$EDITOR "$(<%= config.bin %> config path)"'];

  async run() {
    const { flags } = await this.parse(ConfigPath);
    const { configPathReport } = await import('../../src/cli/config/report.ts');
    const report = configPathReport(this.instance(flags));
    return this.show(report, () => report.path);
  }
}
