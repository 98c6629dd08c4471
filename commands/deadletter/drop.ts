import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { chosenBatches, dropDeadLetters } from '../../src/cli/deadletter/dead-letters.ts';

export default class DeadLetterDrop extends BaseCommand {
  static override summary = 'Delete refused batches and their events for good.';
  static override examples = [
    '<%= config.bin %> deadletter drop 000000000000002a --yes',
    '<%= config.bin %> deadletter drop --all --yes',
  ];
  static override strict = false;
  static override args = {
    batch: Args.string({ ignoreStdin: true, description: 'Names from deadletter list; several are allowed.' }),
  };
  static override flags = {
    all: Flags.boolean({ summary: 'All of them.' }),
    yes: Flags.boolean({ summary: 'Yes, delete them.' }),
  };

  async run() {
    const { argv, flags } = await this.parse(DeadLetterDrop);
    const batches = chosenBatches(argv as string[], flags.all);
    const report = await dropDeadLetters(this.instance(flags), batches, flags.yes);
    return this.show(report, () => `batches deleted: ${report.dropped}`);
  }
}
