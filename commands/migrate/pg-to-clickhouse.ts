import { BaseCommand } from '../../src/cli/base-command.ts';
import { MIGRATE_FLAGS } from '../../src/cli/migrate/migrate-flags.ts';

export default class MigratePgToClickhouse extends BaseCommand {
  static override summary = 'Copy a PostgreSQL database into ClickHouse, every row proven to be there once.';
  static override description =
    'All readers share one snapshot. Each chunk is compared on both sides by count, NULL and checksum, and what differs is copied again; whatever is killed meanwhile, --resume goes on. Ends with 78 when a chunk differs for good.';
  static override examples = [
    '<%= config.bin %> migrate pg-to-clickhouse --source postgres://app@db.example/shop --dry-run',
    '<%= config.bin %> migrate pg-to-clickhouse --source-file ./source --table orders --table public.customers',
    '<%= config.bin %> migrate pg-to-clickhouse --source postgres://umami@localhost/umami --preset umami',
    '<%= config.bin %> migrate pg-to-clickhouse --preset trackflow --cutover',
  ];
  static override flags = MIGRATE_FLAGS;

  async run() {
    const { flags } = await this.parse(MigratePgToClickhouse);
    if (flags.cutover) {
      const { cutover, cutoverScreen } = await import('../../src/cli/migrate/cutover.ts');
      const report = await cutover(this.instance(flags), flags.preset);
      return this.show(report, (style) => cutoverScreen(report, style));
    }
    if (flags['drop-slots']) {
      const { dropSlots, slotsScreen } = await import('../../src/cli/migrate/drop-slots.ts');
      const report = await dropSlots(this.instance(flags), flags);
      return this.show(report, () => slotsScreen(report));
    }
    const { lossHint, migrateCommand } = await import('../../src/cli/migrate/migrate-command.ts');
    const outcome = await migrateCommand(this.instance(flags), flags, {
      stderr: process.stderr,
      json: this.jsonEnabled(),
    });
    this.exitWith(outcome.exit);
    const { outcomeScreen } = await import('../../src/cli/migrate/outcome-screen.ts');
    const hint = outcome.planned === null ? '' : lossHint(outcome.planned);
    if (hint !== '') process.stderr.write(`${hint}\n`);
    return this.show(outcome.planned ?? outcome.report, (style) => outcomeScreen(outcome, style));
  }
}
