import { BaseCommand } from '../../src/cli/base-command.ts';
import { SFPL_FLAGS } from '../../src/cli/migrate/sfpl-flags.ts';

export default class MigrateSfpl extends BaseCommand {
  static override summary = 'Copy the ClickHouse of sfproductlabs/tracker, every row proven to be there once.';
  static override description =
    'Events, payments and agreements go into the tables of this instance by the names that /tr/v1 takes them by, short links and consents into its registry. Rows are known by their ids: running it again brings what has come since. Ends with 78 when a chunk differs for good.';
  static override examples = [
    '<%= config.bin %> migrate sfpl --from clickhouse://default@tracker.example:8123/sfpla --dry-run',
    '<%= config.bin %> migrate sfpl --from-file ./source --only events',
    '<%= config.bin %> migrate sfpl --from-file ./source --verify-only',
  ];
  static override flags = SFPL_FLAGS;

  async run() {
    const { flags } = await this.parse(MigrateSfpl);
    const { sfplCommand } = await import('../../src/cli/migrate/sfpl-command.ts');
    const screen = { stderr: process.stderr, json: this.jsonEnabled() };
    const outcome = await sfplCommand(this.instance(flags), flags, screen);
    this.exitWith(outcome.exit);
    const { outcomeScreen } = await import('../../src/cli/migrate/outcome-screen.ts');
    return this.show(outcome.planned ?? outcome.report, (style) => outcomeScreen(outcome, style));
  }
}
