import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { endsWhenInterrupted } from '../../src/cli/interruption.ts';
import { printTo } from '../../src/cli/terminal/output.ts';

export default class EngineLogs extends BaseCommand {
  static override summary = "Show ClickHouse's own log, whichever way it runs.";
  static override description =
    'The same as `trackflow logs --engine`; where no daemon copies the output of the container, this command does.';
  static override examples = ['<%= config.bin %> engine logs -f', '<%= config.bin %> engine logs --grep exception'];
  static override flags = {
    follow: Flags.boolean({ char: 'f', summary: 'Go on with what comes.' }),
    lines: Flags.integer({ char: 'n', summary: 'The last lines.', helpValue: 'N', min: 0, default: 200 }),
    grep: Flags.string({ summary: 'Only lines that match this regular expression.', helpValue: 'REGEXP', default: '' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EngineLogs);
    const { engineLogs } = await import('../../src/cli/engine/logs.ts');
    const instance = this.instance(flags);
    const options = { follow: flags.follow, count: flags.lines, grep: flags.grep, json: this.jsonEnabled() };
    const print = printTo(process.stdout, instance.signal);
    await endsWhenInterrupted(engineLogs(instance, options, this.style, print));
  }
}
