import { BaseCommand } from '../src/cli/base-command.ts';
import { exitCodeLines, exitCodes, exitCodeTable } from '../src/cli/exit-codes.ts';

export default class ExitCodes extends BaseCommand {
  static override summary = 'List the exit codes of all commands.';
  static override description = exitCodeLines();

  async run() {
    await this.parse(ExitCodes);
    return this.show({ schema: 'trackflow.exit-codes/1', exitCodes: exitCodes() }, exitCodeTable);
  }
}
