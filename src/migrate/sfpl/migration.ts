/** Puts the two sides of a copy of that tracker's ClickHouse together; what is exact about it is in `src/migrate`. */
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { MigrationReport, TableReport } from '../../control/migration.ts';
import type { ClickHouseAccess } from '../clickhouse/address.ts';
import { Presence } from '../clickhouse/presence.ts';
import { ClickHouseSource } from '../clickhouse/source.ts';
import { ClickHouseTarget } from '../clickhouse/target.ts';
import type { Ledger } from '../ledger.ts';
import { runMigration } from '../migration.ts';
import type { MigrationPlan } from '../plan.ts';
import { Progress } from '../progress.ts';
import { tableReports, verifiedReport } from '../report.ts';
import { Throttle } from '../throttle.ts';
import { strayRows, verifyTable } from '../verify.ts';
import { openSource, refusal } from './connection.ts';
import type { SfplParams } from './request.ts';

export interface SfplMigration {
  readonly access: ClickHouseAccess;
  readonly params: SfplParams;
  readonly plan: MigrationPlan;
  readonly ledger: Ledger;
  /** A connection to the target that the migration closes. */
  readonly client: ClickHouse;
  /** Resolves when the engine answers; rejects when it stays away. */
  readonly ready: () => Promise<void>;
  readonly signal: AbortSignal;
  /** In milliseconds, of a clock that only goes forward. */
  readonly elapsed: () => number;
  /** Called about as often as a screen changes. */
  readonly onProgress: (progress: Progress) => void;
  /** A chunk is verified: what throws here ends the migration, which goes on there later. */
  readonly onChunk: (progress: Progress) => void;
  readonly onRetry: (error: unknown) => void;
}

type Result = Pick<MigrationReport, 'consistent' | 'tables'>;
type Progressed = Omit<SfplMigration, 'onProgress' | 'onChunk'>;

const PROGRESS_MS = 500;

/** Copies and verifies every table of the plan. Rejects when a side stays away, or with the reason of `signal`. */
export async function migrateSfpl(migration: SfplMigration): Promise<Result> {
  const { params, plan, ledger, signal, elapsed } = migration;
  const progress = new Progress(plan.tables, ledger, elapsed);
  const timer = setInterval(() => migration.onProgress(progress), PROGRESS_MS);
  return between(migration, async (source, target) => {
    const { consistent } = await runMigration({
      ...{ source, target, plan, ledger, progress, signal, elapsed },
      parallel: params.parallel,
      chunkRows: params.chunkRows,
      route: 'pipe',
      canFetch: false,
      allowLossy: params.allowLossy,
      throttle: params.bytesPerSecond === null ? null : new Throttle(params.bytesPerSecond, elapsed),
      follow: false,
      onCopied: () => {},
      onChunk: () => migration.onChunk(progress),
      onRetry: migration.onRetry,
      log: null,
      onStored: () => {},
      onPhase: () => migration.onProgress(progress),
    });
    return { consistent, tables: tableReports(plan, ledger, progress) };
  }).finally(() => clearInterval(timer));
}

/** Compares what a migration has copied with its source as it is now. Changes nothing on either side. */
export async function verifySfpl(
  migration: Progressed & { readonly onProgress: (compared: number, chunks: number) => void },
): Promise<Result> {
  const { params, plan, ledger, signal, elapsed, onRetry } = migration;
  const chunks = plan.tables.reduce((sum, _, index) => sum + ledger.chunks(index).length, 0);
  let compared = 0;
  const onChunk = () => migration.onProgress(++compared, chunks);
  const reports = tableReports(plan, ledger, new Progress(plan.tables, ledger, elapsed));
  return between(migration, async (source, target) => {
    const parts = { source, target, ledger, signal, parallel: params.parallel, onRetry, onChunk };
    const tables: TableReport[] = [];
    for (const [index, table] of plan.tables.entries()) {
      const verdict = await verifyTable(parts, table, index);
      tables.push(verifiedReport(reports[index]!, table, verdict, await strayRows(parts, table, [index])));
    }
    return { consistent: true, tables };
  });
}

/** From now on every chunk is compared with what is stored before it counts, and copied again where it differs. */
export function distrust(plan: MigrationPlan, ledger: Ledger): void {
  for (const index of plan.tables.keys())
    for (const chunk of ledger.chunks(index)) ledger.update({ ...chunk, state: 'copying' });
}

async function between(
  { access, plan, ledger, client, ready }: Progressed,
  work: (source: ClickHouseSource, target: ClickHouseTarget) => Promise<Result>,
): Promise<Result> {
  const target = new ClickHouseTarget({ client, job: ledger.job, ready, source: null });
  const presence = new Presence(client, ledger.job);
  const source = new ClickHouseSource({ client: openSource(access), tables: plan.tables, presence });
  try {
    return await work(source, target);
  } catch (thrown) {
    throw refusal(thrown, access);
  } finally {
    await source.close();
    await target.close();
  }
}
