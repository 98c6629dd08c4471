import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { chosenBatches, replayDeadLetters } from '../../src/cli/deadletter/dead-letters.ts';

export default class DeadLetterReplay extends BaseCommand {
  static override summary = 'Send refused batches to ClickHouse once more.';
  static override examples = [
    '<%= config.bin %> deadletter replay 000000000000002a',
    '<%= config.bin %> deadletter replay --all',
  ];
  static override strict = false;
  static override args = {
    batch: Args.string({ ignoreStdin: true, description: 'Names from deadletter list; several are allowed.' }),
  };
  static override flags = { all: Flags.boolean({ summary: 'All of them.' }) };

  async run() {
    const { argv, flags } = await this.parse(DeadLetterReplay);
    const batches = chosenBatches(argv as string[], flags.all);
    const report = await replayDeadLetters(this.instance(flags), batches);
    return this.show(report, () => `batches put back into the spool: ${report.replayed}`);
  }
}
