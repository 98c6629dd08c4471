import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import type { MigrationReport } from '../../../src/control/migration.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import { JOB_MAX } from '../../../src/migrate/chunk.ts';
import { reasonOf } from '../../../src/migrate/passing.ts';
import { refuseLossyPlan, refuseUnfollowed } from '../../../src/migrate/plan.ts';
import { parseAddress, redacted } from '../../../src/migrate/postgres/address.ts';
import type { SourceAccess } from '../../../src/migrate/postgres/connection.ts';
import {
  type MigrationResult,
  migratePostgres,
  planPostgres,
  verifyPostgres,
} from '../../../src/migrate/postgres-migration.ts';
import {
  MIGRATE_KIND,
  migrateParams,
  type MigrateParams as Params,
  VERIFY_KIND,
  verifyParams,
} from '../../../src/migrate/request.ts';
import type { StateDatabase } from '../../state/database.ts';
import { TaskEnded } from '../attempt.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { MigrationLedger, readMigration, writeMigration } from '../migration-ledger.ts';

export interface MigrateParts {
  readonly db: StateDatabase;
  /** A connection that the caller closes. Rejects when the engine stays away. */
  connect(): Promise<ClickHouse>;
  /** Resolves when the engine answers. */
  ready(): Promise<void>;
  /** Why rows cannot become events: those are not kept in ClickHouse. Null: they can. */
  readonly eventsElsewhere: string | null;
  /** Where reports go. */
  readonly reports: string;
  readonly elapsed: () => number;
}

/**
 * Copies a database into ClickHouse: what is wanted is planned once, then each chunk is a step of its own in the ledger. And
 * a second kind, which compares what such a task has copied with its source again.
 *
 * The password of the source is never kept: it comes with the request and stays in memory. After a restart of the daemon
 * a source that wants one is asked for again by `trackflow migrate --resume`, or PGPASSWORD or ~/.pgpass of the daemon have it.
 */
export function migrations(parts: MigrateParts): readonly AnyTaskKind[] {
  const passwords = new Map<string, string>();
  const takeSecrets = (secrets: Readonly<Record<string, string>>) => {
    for (const [source, password] of Object.entries(secrets)) passwords.set(source, password);
  };
  const guarded = (source: string, work: (access: SourceAccess) => Promise<void>) =>
    withoutPassword({ address: parseAddress(source).address, password: passwords.get(source) ?? null }, work);
  // What is written while data is carried to another engine would not be carried.
  const shared = { refusal: null, takeSecrets, apart: ['engine-move'] };
  return [
    taskKind({
      ...shared,
      kind: MIGRATE_KIND,
      paramsSchema: migrateParams,
      steps: [
        { name: 'plan', run: (context) => guarded(context.params.source, (access) => plan(parts, context, access)) },
        { name: 'copy', run: (context) => guarded(context.params.source, (access) => copy(parts, context, access)) },
      ],
    }),
    taskKind({
      ...shared,
      kind: VERIFY_KIND,
      paramsSchema: verifyParams,
      steps: [
        {
          name: 'compare',
          run: (context) => guarded(context.params.source, (access) => compare(parts, context, access)),
        },
      ],
    }),
  ];
}

type Context = TaskContext<Params>;

async function plan(
  { db, eventsElsewhere }: MigrateParts,
  { task, params }: Context,
  access: SourceAccess,
): Promise<void> {
  if (eventsElsewhere !== null && params.preset !== 'generic') throw new TrackflowError('TF_CONFIG', eventsElsewhere);
  if (readMigration(db, task) !== null) return;
  const planned = await planPostgres(access, params);
  refuseLossyPlan(planned, params.allowLossy);
  if (params.follow) refuseUnfollowed(planned);
  writeMigration(db, task, randomInt(1, JOB_MAX + 1), planned);
}

async function copy(parts: MigrateParts, context: Context, access: SourceAccess): Promise<void> {
  const { db, ready } = parts;
  const { task, params, signal, now } = context;
  const { job, plan } = readMigration(db, task)!;
  const ledger = new MigrationLedger(db, task, job);
  let told: string | undefined;
  const tell = (result: MigrationResult): void => {
    told = report(parts, context, params, result);
  };
  const result = await migratePostgres({
    access,
    params,
    plan,
    ledger,
    client: await parts.connect(),
    ready,
    signal,
    now,
    elapsed: parts.elapsed,
    onProgress: (progress) => {
      context.detail(progress.shown());
      context.progress(progress.share, 1);
    },
    onChunk: ({ chunksVerified }) => context.checkpoint({ verified: chunksVerified }),
    onRetry: (error) => context.log('warn', 'migration_retried', { error: redacted(reasonOf(error), access.password) }),
    // The report of the copy stays beside it: it is what is shown when following ends.
    onStored: (followed) => {
      const report = told ?? (context.saved as { readonly report?: string } | null)?.report;
      context.checkpoint(report === undefined ? { followed } : { report, followed });
    },
    onLogLost: (why) => context.log('warn', 'migration_log_lost', { reason: redacted(why, access.password) }),
    isPaused: () => signal.reason instanceof TaskEnded && signal.reason.as === 'stopped',
    onCopied: tell,
  });
  tell(result);
}

async function compare(
  parts: MigrateParts,
  context: TaskContext<z.infer<typeof verifyParams>>,
  access: SourceAccess,
): Promise<void> {
  const { db, ready } = parts;
  const { task } = context.params;
  const migration = readMigration(db, task);
  if (migration === null)
    throw new TrackflowError('TF_INPUT', `task ${task} is no migration, or has not come to its plan`);
  const params = migrateParams.parse(migration.params);
  const result = await verifyPostgres({
    access,
    params,
    plan: migration.plan,
    ledger: new MigrationLedger(db, task, migration.job),
    client: await parts.connect(),
    ready,
    signal: context.signal,
    elapsed: parts.elapsed,
    onProgress: (compared, chunks) => context.progress(compared, chunks),
    onRetry: (error) => context.log('warn', 'migration_retried', { error: redacted(reasonOf(error), access.password) }),
  });
  report(parts, context, params, result);
}

/** Writes the report and returns its file; throws TF_INPUT when a table is not verified. */
export function report(
  { reports }: Pick<MigrateParts, 'reports'>,
  context: TaskContext<unknown>,
  params: { readonly source: string; readonly preset: string },
  { consistent, tables }: MigrationResult,
): string {
  const { task, now } = context;
  const file = writeReport(reports, {
    schema: 'trackflow.migration/1',
    task,
    source: params.source,
    preset: params.preset,
    startedAt: new Date(context.createdAt).toISOString(),
    finishedAt: new Date(now()).toISOString(),
    consistent,
    tables,
  });
  context.checkpoint({ report: file });
  const bad = tables.filter(({ state }) => state !== 'verified').map(({ source, state }) => `${source} ${state}`);
  if (bad.length === 0) return file;
  const named = bad.slice(0, 5).join(', ');
  throw new TrackflowError('TF_INPUT', `${bad.length} of ${tables.length} tables are not verified (${named}): ${file}`);
}

/** Replaces the file in one step. */
function writeReport(folder: string, report: MigrationReport): string {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `migration-${report.task}.json`);
  fs.writeFileSync(`${file}.part`, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.part`, file);
  return file;
}

/** No message that leaves here holds the password, whoever wrote it. */
export async function withoutPassword<Access extends { readonly password: string | null }>(
  access: Access,
  work: (access: Access) => Promise<void>,
): Promise<void> {
  const { password } = access;
  try {
    await work(access);
  } catch (thrown) {
    if (thrown instanceof TrackflowError) {
      throw new TrackflowError(thrown.code, redacted(thrown.message, password), { hints: thrown.hints });
    }
    throw new Error(redacted(reasonOf(thrown), password));
  }
}
