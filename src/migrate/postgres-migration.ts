/** Puts the two sides of a migration from PostgreSQL together; what is not about PostgreSQL is in `migration.ts`. */
import type { ClickHouse } from '../clickhouse/client.ts';
import type { MigrationReport, TableReport } from '../control/migration.ts';
import { fetched } from './clickhouse/statements.ts';
import { ClickHouseTarget } from './clickhouse/target.ts';
import type { LoggedTable } from './column.ts';
import type { Ledger } from './ledger.ts';
import { makePlan, type PlanRequest } from './make-plan.ts';
import { runMigration } from './migration.ts';
import type { MigrationPlan } from './plan.ts';
import { openSession, type SourceAccess } from './postgres/connection.ts';
import { PostgresSource } from './postgres/source.ts';
import { PostgresLog } from './postgres/wal/postgres-log.ts';
import { Progress } from './progress.ts';
import { tableReports, verifiedReport } from './report.ts';
import type { MigrateParams } from './request.ts';
import { Throttle } from './throttle.ts';
import { strayRows, verifyTable, wasFollowed } from './verify.ts';

/** What is to be copied and how. Writes nothing. */
export async function planPostgres(access: SourceAccess, request: PlanRequest): Promise<MigrationPlan> {
  const session = await openSession(access);
  try {
    return await makePlan(session, request);
  } finally {
    await session.close();
  }
}

export interface PostgresMigration {
  readonly access: SourceAccess;
  readonly params: MigrateParams;
  readonly plan: MigrationPlan;
  readonly ledger: Ledger;
  /** A connection that the migration closes. */
  readonly client: ClickHouse;
  /** Resolves when the engine answers; rejects when it stays away. */
  readonly ready: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch, and of a clock that only goes forward. */
  readonly now: () => number;
  readonly elapsed: () => number;
  /** Called about as often as a screen changes. */
  readonly onProgress: (progress: Progress) => void;
  /** A chunk is verified: what throws here ends the migration, which goes on there later. */
  readonly onChunk: (progress: Progress) => void;
  readonly onRetry: (error: unknown) => void;
  /** What was followed is stored up to the chunk of that number. */
  readonly onStored: (ordinal: number) => void;
  /** The source's log cannot be followed any more, and why; what can be goes on by key. */
  readonly onLogLost: (why: string) => void;
  /** Whether it ends now to go on later by itself, as when the daemon stops. */
  readonly isPaused: () => boolean;
  /** Before it begins to follow the source. */
  readonly onCopied: (result: MigrationResult) => void;
}

export type MigrationResult = Pick<MigrationReport, 'consistent' | 'tables'>;

const PROGRESS_MS = 500;

/** Copies and verifies everything in the plan. Rejects when a side stays away, or with the reason of `signal`. */
export async function migratePostgres(migration: PostgresMigration): Promise<MigrationResult> {
  const { access, params, plan, ledger, client, signal, elapsed } = migration;
  const progress = new Progress(plan.tables, ledger, elapsed);
  const { address, password } = access;
  const engineAccess = {
    address: `${address.host}:${address.port}`,
    database: address.database,
    user: address.user,
    password: password ?? '',
  };
  const target = new ClickHouseTarget({ client, job: ledger.job, ready: migration.ready, source: engineAccess });
  const source = new PostgresSource(access);
  const logged = plan.tables.filter((table): table is LoggedTable => table.log !== undefined);
  const log =
    params.follow && logged.length > 0
      ? new PostgresLog({
          ...{ access, source, ledger, tables: logged, now: migration.now },
          bytesMax: params.walMax,
          onLost: migration.onLogLost,
        })
      : null;
  const timer = setInterval(() => migration.onProgress(progress), PROGRESS_MS);
  try {
    // What does not come through here cannot be slowed down.
    const mayFetch = params.route !== 'pipe' && params.bytesPerSecond === null && address.sslMode === 'disable';
    const canFetch = mayFetch && (await reaches(client, access, engineAccess));
    const { consistent } = await runMigration({
      source,
      target,
      plan,
      ledger,
      progress,
      signal,
      elapsed,
      parallel: params.parallel,
      chunkRows: params.chunkRows,
      route: params.route,
      allowLossy: params.allowLossy,
      throttle: params.bytesPerSecond === null ? null : new Throttle(params.bytesPerSecond, elapsed),
      canFetch,
      log,
      onChunk: () => migration.onChunk(progress),
      follow: params.follow,
      onCopied: (consistent) => migration.onCopied({ consistent, tables: tableReports(plan, ledger, progress) }),
      onRetry: migration.onRetry,
      onPhase: () => migration.onProgress(progress),
      onStored: migration.onStored,
    });
    return { consistent, tables: tableReports(plan, ledger, progress) };
  } finally {
    clearInterval(timer);
    await endLog(log, migration);
    await source.close();
    await target.close();
  }
}

/** What keeps the source from deleting its log goes with the migration, unless that goes on by itself. */
async function endLog(log: PostgresLog | null, { isPaused, onRetry }: PostgresMigration): Promise<void> {
  if (log === null) return;
  await log.close();
  if (isPaused()) return;
  // The source may be what has failed: a slot that stays is then named to whoever looks.
  await log.drop().catch(onRetry);
}

/** Compares what a migration has copied with the source as it is now. Changes nothing on either side. */
export async function verifyPostgres(
  migration: Pick<
    PostgresMigration,
    'access' | 'params' | 'plan' | 'ledger' | 'client' | 'ready' | 'signal' | 'elapsed' | 'onRetry'
  > & {
    readonly onProgress: (compared: number, chunks: number) => void;
  },
): Promise<MigrationResult> {
  const { access, params, plan, ledger, client, signal, elapsed } = migration;
  const target = new ClickHouseTarget({ client, job: ledger.job, ready: migration.ready, source: null });
  const source = new PostgresSource(access);
  const chunks = plan.tables.reduce((sum, _, index) => sum + ledger.chunks(index).length, 0);
  let compared = 0;
  const onChunk = () => migration.onProgress(++compared, chunks);
  const parts = { source, target, ledger, signal, parallel: params.parallel, onRetry: migration.onRetry, onChunk };
  const reports = tableReports(plan, ledger, new Progress(plan.tables, ledger, elapsed));
  try {
    const tables: TableReport[] = [];
    for (const [index, table] of plan.tables.entries()) {
      const verdict = await verifyTable(parts, table, index);
      const sharing = plan.tables.flatMap((other, at) => (other.target === table.target ? [at] : []));
      const stray = wasFollowed(parts, table) ? 0 : await strayRows(parts, table, sharing);
      tables.push(verifiedReport(reports[index]!, table, verdict, stray));
    }
    return { consistent: true, tables };
  } finally {
    await source.close();
    await target.close();
  }
}

/** Tells servers apart: the same name may lead an engine in a container somewhere else. */
const IDENTITY = `SELECT pg_postmaster_start_time()::text || ' ' || current_database() AS identity`;

/** Whether the engine itself reaches that very database with these credentials. */
async function reaches(
  client: ClickHouse,
  access: SourceAccess,
  engineAccess: Parameters<typeof fetched>[0],
): Promise<boolean> {
  const session = await openSession(access);
  try {
    const [ours] = await session.query<{ identity: string }>(IDENTITY);
    const [theirs] = await client.query<{ identity: string }>(
      `SELECT identity FROM ${fetched(engineAccess, IDENTITY)} SETTINGS postgresql_connection_attempt_timeout = 2, postgresql_connection_pool_retries = 1`,
    );
    return ours!.identity === theirs?.identity;
  } catch {
    return false;
  } finally {
    await session.close();
  }
}
