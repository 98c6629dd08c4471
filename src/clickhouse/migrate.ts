/**
 * Brings the database to the schema of this version: numbered files, forward only, each applied once.
 *
 * Promises: running it again changes nothing; two daemons that start at once do no harm; a file that was applied half
 * is repeated whole. That holds because every statement is idempotent (`IF NOT EXISTS` and its like): there is no lock,
 * and a file is recorded after its last statement. A database newer than this version, or one whose applied file was
 * changed since, is refused before anything is touched.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrackflowError } from '../errors/error.ts';
import { packageRoot } from '../package-root.ts';
import type { ClickHouse } from './client.ts';
import { replicatedStatement, statementsOf } from './statements.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly sql: string;
}

/** Latest row per number wins: two daemons that record the same file at once leave one. */
const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32,
    name String,
    sha256 String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;

export interface MigrateOptions {
  /** Tables are kept in step with those of other replicas; the server has the macros `shard` and `replica`. */
  readonly replicated?: boolean;
}

/**
 * Applies what is missing and returns the numbers it applied. `server` is a writer on the database. Rejects with
 * TF_SCHEMA_NEWER, with TF_VERIFICATION when an applied file was changed, or with what ClickHouse said.
 */
export async function migrate(
  server: ClickHouse,
  known: readonly Migration[] = readMigrations(),
  options: MigrateOptions = {},
): Promise<number[]> {
  await server.command(LEDGER);
  const applied = await readLedger(server);
  refuseNewer(known, applied);
  refuseChanged(known, applied);
  const missing = known.filter(({ number }) => !applied.has(number));
  for (const migration of missing) await apply(server, migration, options);
  return missing.map(({ number }) => number);
}

const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;

/** The numbered files of `folder`, ascending. */
export function readMigrations(folder: string = join(packageRoot(), 'schema', 'clickhouse')): Migration[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const [, number, name] = FILE_NAME.exec(file) ?? [];
      if (number === undefined || name === undefined) return [];
      const sql = readFileSync(join(folder, file), 'utf8');
      return [{ number: Number(number), name, sha256: createHash('sha256').update(sql).digest('hex'), sql }];
    });
}

async function apply(
  server: ClickHouse,
  { number, name, sha256, sql }: Migration,
  { replicated = false }: MigrateOptions,
): Promise<void> {
  for (const statement of statementsOf(sql)) {
    await server.command(replicated ? replicatedStatement(statement) : statement);
  }
  await server.command(
    'INSERT INTO schema_migrations (number, name, sha256) SELECT {number:UInt32}, {name:String}, {sha256:String}',
    { number, name, sha256 },
  );
}

/** What a database says was applied to it, by number. */
export type Applied = ReadonlyMap<number, { readonly name: string; readonly sha256: string }>;

async function readLedger(server: ClickHouse): Promise<Applied> {
  const rows = await server.query<{ number: number; name: string; sha256: string }>(
    'SELECT number, name, sha256 FROM schema_migrations FINAL ORDER BY number',
  );
  return new Map(rows.map(({ number, name, sha256 }) => [number, { name, sha256 }]));
}

/** Throws TF_SCHEMA_NEWER for a database of a later version. */
export function refuseNewer(known: readonly Migration[], applied: Applied): void {
  const newest = Math.max(0, ...applied.keys());
  const ours = Math.max(0, ...known.map(({ number }) => number));
  if (newest <= ours) return;
  throw new TrackflowError(
    'TF_SCHEMA_NEWER',
    `the database has schema ${newest}, this version of trackflow knows up to ${ours}`,
    { hints: ['run the version of trackflow that wrote it, or a newer one'] },
  );
}

/** Throws TF_VERIFICATION when a file is no longer what was applied. */
export function refuseChanged(known: readonly Migration[], applied: Applied): void {
  for (const { number, name, sha256 } of known) {
    const recorded = applied.get(number);
    if (recorded === undefined || recorded.sha256 === sha256) continue;
    throw new TrackflowError(
      'TF_VERIFICATION',
      `schema file ${number} (${name}) differs from the one that was applied (${recorded.name}): files are never changed once applied`,
      { hints: ['install trackflow again; a change of the schema is a new file'] },
    );
  }
}
