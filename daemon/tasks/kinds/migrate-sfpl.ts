import { randomInt } from 'node:crypto';
import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import { JOB_MAX } from '../../../src/migrate/chunk.ts';
import { type ClickHouseAccess, parseClickHouseAddress } from '../../../src/migrate/clickhouse/address.ts';
import { reasonOf } from '../../../src/migrate/passing.ts';
import { redacted } from '../../../src/migrate/postgres/address.ts';
import { openSource, refusal } from '../../../src/migrate/sfpl/connection.ts';
import { distrust, migrateSfpl, type SfplMigration, verifySfpl } from '../../../src/migrate/sfpl/migration.ts';
import { planSfpl } from '../../../src/migrate/sfpl/plan.ts';
import {
  type SfplParams as Params,
  SFPL_DATABASE,
  SFPL_KIND,
  SFPL_VERIFY_KIND,
  sfplParams,
  sfplVerifyParams,
} from '../../../src/migrate/sfpl/request.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { MigrationLedger, readMigration, writeMigration } from '../migration-ledger.ts';
import { type AdoptingRegistry, adopt } from './adopt-registry.ts';
import { type MigrateParts, report, withoutPassword } from './migrate.ts';

export interface SfplMigrateParts extends MigrateParts {
  readonly registry: AdoptingRegistry;
}

/**
 * Copies the ClickHouse of sfproductlabs/tracker: links and consents, which take seconds and are wanted first, then the rows,
 * each chunk a step of its own in the ledger. And a second kind, which compares what such a task has copied with its source
 * again, and where it is asked to mends what differs. The password of the source is kept in memory alone.
 */
export function sfplMigrations(parts: SfplMigrateParts): readonly AnyTaskKind[] {
  const passwords = new Map<string, string>();
  const takeSecrets = (secrets: Readonly<Record<string, string>>) => {
    for (const [source, password] of Object.entries(secrets)) passwords.set(source, password);
  };
  const guarded = (source: string, work: (access: ClickHouseAccess) => Promise<void>) => {
    const { address } = parseClickHouseAddress(source, SFPL_DATABASE);
    const access: ClickHouseAccess = { address, password: passwords.get(source) ?? null };
    return withoutPassword(access, (one) =>
      work(one).catch((thrown) => {
        throw refusal(thrown, one);
      }),
    );
  };
  const shared = { refusal: null, takeSecrets, apart: ['engine-move', 'cutover'] };
  return [
    taskKind({
      ...shared,
      kind: SFPL_KIND,
      paramsSchema: sfplParams,
      steps: [
        { name: 'plan', run: (context) => guarded(context.params.source, (access) => plan(parts, context, access)) },
        { name: 'copy', run: (context) => guarded(context.params.source, (access) => copy(parts, context, access)) },
      ],
    }),
    taskKind({
      ...shared,
      kind: SFPL_VERIFY_KIND,
      paramsSchema: sfplVerifyParams,
      steps: [
        {
          name: 'compare',
          run: (context) => guarded(context.params.source, (access) => compare(parts, context, access)),
        },
      ],
    }),
  ];
}

async function plan(
  { db, eventsElsewhere }: SfplMigrateParts,
  { task, params }: TaskContext<Params>,
  access: ClickHouseAccess,
): Promise<void> {
  const hasRows = params.parts.some((part) => part !== 'redirects');
  if (eventsElsewhere !== null && hasRows) throw new TrackflowError('TF_CONFIG', eventsElsewhere);
  if (readMigration(db, task) !== null) return;
  const planned = await withSource(access, (client) => planSfpl(client, access.address.database, params));
  writeMigration(db, task, randomInt(1, JOB_MAX + 1), planned);
}

async function copy(parts: SfplMigrateParts, context: TaskContext<Params>, access: ClickHouseAccess): Promise<void> {
  const { params, task } = context;
  const { database } = access.address;
  const adopted = await withSource(access, (client) => adopt(parts.registry, client, database, params, context.signal));
  const { consistent, tables } = await migrateSfpl(await migrationOf(parts, context, access, params, task));
  report(parts, context, { source: params.source, preset: 'sfpl' }, { consistent, tables: [...tables, ...adopted] });
}

async function compare(
  parts: SfplMigrateParts,
  context: TaskContext<ReturnType<typeof sfplVerifyParams.parse>>,
  access: ClickHouseAccess,
): Promise<void> {
  const { task, repair } = context.params;
  const found = readMigration(parts.db, task);
  if (found === null) throw new TrackflowError('TF_INPUT', `task ${task} is no migration, or has not come to its plan`);
  const params = sfplParams.parse(found.params);
  const migration = await migrationOf(parts, context, access, params, task);
  if (repair && context.saved === null) {
    distrust(migration.plan, migration.ledger);
    context.checkpoint({ distrusted: true });
  }
  const result = repair
    ? await migrateSfpl(migration)
    : await verifySfpl({ ...migration, onProgress: (compared, chunks) => context.progress(compared, chunks) });
  report(parts, context, { source: params.source, preset: 'sfpl' }, result);
}

async function migrationOf(
  parts: SfplMigrateParts,
  context: TaskContext<unknown>,
  access: ClickHouseAccess,
  params: Params,
  task: number,
): Promise<SfplMigration> {
  const { job, plan: planned } = readMigration(parts.db, task)!;
  return {
    access,
    params,
    plan: planned,
    ledger: new MigrationLedger(parts.db, task, job),
    client: await parts.connect(),
    ready: parts.ready,
    signal: context.signal,
    elapsed: parts.elapsed,
    onProgress: (progress) => {
      context.detail(progress.shown());
      context.progress(progress.share, 1);
    },
    onChunk: ({ chunksVerified }) => context.checkpoint({ verified: chunksVerified }),
    onRetry: (error) => context.log('warn', 'migration_retried', { error: redacted(reasonOf(error), access.password) }),
  };
}

async function withSource<T>(access: ClickHouseAccess, work: (client: ClickHouse) => Promise<T>): Promise<T> {
  const client = openSource(access);
  return work(client).finally(() => client.close());
}
