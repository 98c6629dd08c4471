import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { readStatus } from '../src/cli/status/read-status.ts';
import { statusScreen } from '../src/cli/status/status-screen.ts';

export default class Status extends BaseCommand {
  static override summary = 'Show whether the daemon runs, and its figures.';
  static override description =
    'Exit code: 0 running, 1 dead (it was killed), 3 stopped, 4 unknown; 5 degraded with --strict.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json --strict'];
  static override flags = { strict: Flags.boolean({ summary: 'Exit with 5 when it runs degraded.' }) };

  async run() {
    const { flags } = await this.parse(Status);
    const instance = this.instance(flags);
    const report = await readStatus(instance, { strict: flags.strict });
    this.exitWith(report.exit);
    return this.show(report.document, (style) => statusScreen(report, instance, Date.now(), style));
  }
}
