import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.ts';

export default class ConfigImportSfpl extends BaseCommand {
  static override summary =
    'Take over a config.json of sfproductlabs/tracker, and say what became of each of its keys.';
  static override description = 'Settings that are in the file of the instance already stay, unless --overwrite.';
  static override examples = [
    '<%= config.bin %> config import sfpl config.json --dry-run',
    '<%= config.bin %> config import sfpl config.json',
  ];
  static override args = {
    file: Args.string({ required: true, ignoreStdin: true, description: 'The config.json.' }),
  };
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'Write nothing.' }),
    overwrite: Flags.boolean({ summary: 'What is imported goes before what is set.' }),
  };

  async run() {
    const { args, flags } = await this.parse(ConfigImportSfpl);
    const { importConfig, importScreen } = await import('../../../src/cli/config/sfpl/import.ts');
    const options = { dryRun: flags['dry-run'], overwrite: flags.overwrite };
    const report = importConfig(this.instance(flags), args.file, options);
    return this.show(report, () => importScreen(report));
  }
}
