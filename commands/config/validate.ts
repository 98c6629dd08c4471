import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigValidate extends BaseCommand {
  static override summary = 'Check the configuration as a start would, and name everything that is wrong.';
  static override description =
    'Environment variables count as they would for a start. Exits with 64 when it is not valid.';
  static override examples = [
    '<%= config.bin %> config validate',
    '<%= config.bin %> config validate ./trackflow.json',
  ];
  static override args = {
    file: Args.string({ ignoreStdin: true, description: 'Another file than that of the instance.' }),
  };

  async run() {
    const { args, flags } = await this.parse(ConfigValidate);
    const { validateConfig } = await import('../../src/cli/config/report.ts');
    const { validationScreen } = await import('../../src/cli/config/screens.ts');
    const report = validateConfig(this.instance(flags), args.file);
    return this.show(report, () => validationScreen(report));
  }
}
