import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'Take settings out of the configuration file, so that their defaults hold.';
  static override examples = ['<%= config.bin %> config unset listen.port'];
  static override args = {
    key: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Name of a setting, as in config show; several are allowed.',
    }),
  };
  static override strict = false;

  async run() {
    const { argv, flags } = await this.parse(ConfigUnset);
    const { configChangeScreen, unsetConfig } = await import('../../src/cli/config/set.ts');
    const instance = this.instance(flags);
    const report = unsetConfig(instance, argv as string[]);
    return this.show(report, () => configChangeScreen(report, instance));
  }
}
