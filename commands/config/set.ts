import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigSet extends BaseCommand {
  static override summary = 'Write settings into the configuration file of the instance.';
  static override description =
    'Nothing is written that a start would refuse. Flags of a start and the environment go before the file. A running daemon has it after a restart.';
  static override examples = [
    '<%= config.bin %> config set listen.port=9000',
    '<%= config.bin %> config set engine.kind=url engine.url=http://clickhouse:8123',
  ];
  static override args = {
    assignment: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'KEY=VALUE, the keys of config show; several are allowed, lists have commas.',
    }),
  };
  static override strict = false;

  async run() {
    const { argv, flags } = await this.parse(ConfigSet);
    const { configChangeScreen, setConfig } = await import('../../src/cli/config/set.ts');
    const instance = this.instance(flags);
    const report = setConfig(instance, argv as string[]);
    return this.show(report, () => configChangeScreen(report, instance));
  }
}
