import { BaseCommand } from '../../src/cli/base-command.ts';
import { deadLetterScreen, listDeadLetters } from '../../src/cli/deadletter/dead-letters.ts';

export default class DeadLetterList extends BaseCommand {
  static override summary = 'List the batches that ClickHouse refused, and why.';
  static override examples = ['<%= config.bin %> deadletter list'];

  async run() {
    const { flags } = await this.parse(DeadLetterList);
    const report = await listDeadLetters(this.instance(flags));
    return this.show(report, () => deadLetterScreen(report));
  }
}
