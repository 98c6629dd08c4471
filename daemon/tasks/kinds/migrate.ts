import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import type { MigrationReport } from '../../../src/control/migration.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import { JOB_MAX } from '../../../src/migrate/chunk.ts';
import { reasonOf } from '../../../src/migrate/passing.ts';
import { refuseLossyPlan } from '../../../src/migrate/plan.ts';
import { parseAddress, redacted } from '../../../src/migrate/postgres/address.ts';
import type { SourceAccess } from '../../../src/migrate/postgres/connection.ts';
import { migratePostgres, planPostgres } from '../../../src/migrate/postgres-migration.ts';
import { MIGRATE_KIND, type MigrateParams, migrateParams } from '../../../src/migrate/request.ts';
import type { StateDatabase } from '../../state/database.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { MigrationLedger, readMigration, writeMigration } from '../migration-ledger.ts';

export interface MigrateParts {
  readonly db: StateDatabase;
  /** A connection that the caller closes. Rejects when the engine stays away. */
  connect(): Promise<ClickHouse>;
  /** Resolves when the engine answers. */
  ready(): Promise<void>;
  /** Where reports go. */
  readonly reports: string;
  readonly elapsed: () => number;
}

/**
 * Copies a database into ClickHouse: what is wanted is planned once, then each chunk is a step of its own in the ledger.
 *
 * The password of the source is never kept: it comes with the request and stays in memory. After a restart of the daemon
 * a source that wants one is asked for again by `trackflow migrate --resume`, or PGPASSWORD or ~/.pgpass of the daemon have it.
 */
export function migrate(parts: MigrateParts): AnyTaskKind {
  const passwords = new Map<string, string>();
  const access = ({ source }: MigrateParams): SourceAccess => ({
    address: parseAddress(source).address,
    password: passwords.get(source) ?? null,
  });
  return taskKind({
    kind: MIGRATE_KIND,
    paramsSchema: migrateParams,
    refusal: null,
    takeSecrets: (secrets) => {
      for (const [source, password] of Object.entries(secrets)) passwords.set(source, password);
    },
    steps: [
      {
        name: 'plan',
        run: (context) => guarded(access(context.params), () => plan(parts, context, access(context.params))),
      },
      {
        name: 'copy',
        run: (context) => guarded(access(context.params), () => copy(parts, context, access(context.params))),
      },
    ],
  });
}

type Context = TaskContext<MigrateParams>;

async function plan({ db }: MigrateParts, { task, params }: Context, access: SourceAccess): Promise<void> {
  if (readMigration(db, task) !== null) return;
  const planned = await planPostgres(access, params);
  refuseLossyPlan(planned, params.allowLossy);
  writeMigration(db, task, randomInt(1, JOB_MAX + 1), planned);
}

async function copy(parts: MigrateParts, context: Context, access: SourceAccess): Promise<void> {
  const { db, reports, ready } = parts;
  const { task, params, signal, now } = context;
  const { job, plan } = readMigration(db, task)!;
  const ledger = new MigrationLedger(db, task, job);
  const { consistent, tables } = await migratePostgres({
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
      const shown = progress.snapshot();
      context.detail(shown);
      context.progress(progress.share, 1);
      if (signal.aborted) return;
      try {
        context.checkpoint({ verified: shown.tables.reduce((sum, { chunksVerified }) => sum + chunksVerified, 0) });
      } catch {
        // No room in state.db: the next chunk meets that too, where it can be told.
      }
    },
    onRetry: (error) => context.log('warn', 'migration_retried', { error: redacted(reasonOf(error), access.password) }),
  });
  const report: MigrationReport = {
    schema: 'trackflow.migration/1',
    task,
    source: params.source,
    preset: params.preset,
    startedAt: new Date(context.createdAt).toISOString(),
    finishedAt: new Date(now()).toISOString(),
    consistent,
    tables,
  };
  const file = writeReport(reports, report);
  context.checkpoint({ report: file });
  const bad = tables.filter(({ state }) => state !== 'verified').map(({ source, state }) => `${source} ${state}`);
  if (bad.length === 0) return;
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
async function guarded({ password }: SourceAccess, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof TrackflowError) {
      throw new TrackflowError(thrown.code, redacted(thrown.message, password), { hints: thrown.hints });
    }
    throw new Error(redacted(reasonOf(thrown), password));
  }
}
