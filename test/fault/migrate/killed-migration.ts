import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import type { MigrationReport } from '../../../src/control/migration.ts';
import { packageRoot } from '../../../src/package-root.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestPostgres } from '../../support/postgres.ts';

export interface KilledMigration {
  readonly report: MigrationReport;
  readonly kills: number;
  /** Kills that came while a chunk was under way. */
  readonly inChunks: number;
  /** Chunks that were attempted more than once. */
  readonly repeated: number;
}

const DEFAULTS = {
  preset: 'generic',
  into: null,
  map: null,
  since: null,
  account: '',
  parallel: 2,
  route: 'pipe',
  allowLossy: false,
  follow: false,
};

/** A table of that many rows with what travels differently: numbers, times, texts, NULL, JSON. */
export async function makeTable(postgres: TestPostgres, name: string, rows: number): Promise<void> {
  await postgres.query(
    `CREATE TABLE ${name} (id bigint PRIMARY KEY, account int NOT NULL, name text, at timestamptz, amount numeric(12,2), ratio float8, flag bool, doc jsonb, token uuid)`,
  );
  await postgres.query(
    `INSERT INTO ${name} SELECT g, g % 1000, CASE WHEN g % 7 = 0 THEN NULL ELSE 'name ' || md5(g::text) END, '2026-01-01'::timestamptz + g * interval '1.000001 s',
       (g % 100000) / 100.0, 1.0 / g, g % 3 = 0, jsonb_build_object('k', g, 'tab', E'\\t'), md5(g::text)::uuid FROM generate_series(1, ${rows}) g`,
  );
  await postgres.query(`ANALYZE ${name}`);
}

/** Every other kill comes so much later, so that some chunks come to their end. */
const LATER = 4;

/** Runs a migration of that table that is killed so often, at random, and then left to end. */
export async function migrateUnderKills(options: {
  readonly folder: string;
  readonly postgres: TestPostgres;
  readonly clickhouse: TestEngine;
  readonly table: string;
  readonly kills: number;
  readonly chunkRows: number;
  /** Keeps a small table from being done before its kills. */
  readonly bytesPerSecond: number | null;
  /** From the begin of an attempt to its kill, at most. */
  readonly killWithinMs: number;
  readonly random: () => number;
}): Promise<KilledMigration> {
  const { folder, postgres, clickhouse, table, random } = options;
  const params = {
    ...DEFAULTS,
    source: postgres.url,
    tables: [table],
    chunkRows: options.chunkRows,
    bytesPerSecond: options.bytesPerSecond,
  };
  fs.writeFileSync(path.join(folder, 'job.json'), JSON.stringify({ endpoint: clickhouse.endpoint, params }));
  let kills = 0;
  let inChunks = 0;
  let errors = '';
  const report = path.join(folder, 'migration-1.json');
  // A run that ends without a report has been taken for one that never gets anywhere: the next one goes on.
  for (let runs = 0; runs < options.kills * 2 + 3; runs++) {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'migrating-process.ts'), folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (text) => {
      errors = `${errors}${text}`.slice(-4_000);
    });
    const exited = once(child, 'exit');
    if (kills < options.kills) {
      child.stdout.once('data', () => {
        setTimeout(() => child.kill('SIGKILL'), random() * options.killWithinMs * (kills % 2 === 0 ? 1 : LATER));
      });
    }
    const [code] = await exited;
    if (fs.existsSync(report)) break;
    if (code !== null) continue;
    kills++;
    inChunks += chunksOf(folder, `state = 'copying'`) > 0 ? 1 : 0;
  }
  if (!fs.existsSync(report)) throw new Error(`no report after ${kills} kills: ${errors}`);
  return {
    report: JSON.parse(fs.readFileSync(report, 'utf8')) as MigrationReport,
    kills,
    inChunks,
    repeated: chunksOf(folder, 'attempt > 1'),
  };
}

/** Everything in the table as one hash on either side, computed by neither of the statements that verify chunks. */
export async function wholeTable(postgres: TestPostgres, clickhouse: TestEngine, table: string) {
  const [source] = await postgres.query<{ rows: string; hash: string }>(
    `SELECT count(*)::text AS rows, md5(string_agg(md5(concat_ws('|', id, account, coalesce(name, '<null>'), to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
       amount, float8send(ratio)::text, flag::int, doc, token)), '' ORDER BY id)) AS hash FROM ${table}`,
  );
  const [target] = await clickhouse.query<{ rows: string; hash: string }>(
    `SELECT toString(count()) AS rows, lower(hex(MD5(arrayStringConcat(arrayMap(p -> p.2, arraySort(groupArray((id, lower(hex(MD5(concat(toString(id), '|', toString(account), '|',
       ifNull(name, '<null>'), '|', toString(assumeNotNull(at)), '|', toDecimalString(assumeNotNull(amount), 2), '|\\\\x', lower(hex(reverse(reinterpretAsFixedString(assumeNotNull(ratio))))), '|',
       toString(toUInt8(assumeNotNull(flag))), '|', assumeNotNull(doc), '|', toString(assumeNotNull(token)))))))))))))) AS hash FROM ${table}`,
  );
  return { source: source!, target: target! };
}

function chunksOf(folder: string, condition: string): number {
  const db = openStateDatabase(path.join(folder, 'state.db'), path.join(packageRoot(), 'schema', 'state'));
  try {
    return db.prepare(`SELECT count(*) FROM migration_chunks WHERE ${condition}`).pluck().get() as number;
  } finally {
    db.close();
  }
}
