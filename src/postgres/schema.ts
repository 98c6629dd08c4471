/**
 * Brings the schema `trackflow` of the store to that of this version: numbered files, forward only, each once, recorded in the
 * transaction that applies it. Two daemons that start at once wait for each other. A store that is newer than this version,
 * or one whose applied file was changed since, is refused before anything is touched.
 */
import { join } from 'node:path';
import { type Applied, type Migration, readMigrations, refuseChanged, refuseNewer } from '../clickhouse/migrate.ts';
import { packageRoot } from '../package-root.ts';
import type { StoreSession } from './session.ts';
import { STORE_SCHEMA } from './store-access.ts';

/** Any number that nobody else in that database uses for this. */
const LOCK = 7_246_101_311;

const LEDGER = `${STORE_SCHEMA}.schema_migrations`;

/** The numbered files of `schema/postgres`. */
export function storeMigrations(): Migration[] {
  return readMigrations(join(packageRoot(), 'schema', 'postgres'));
}

/** Applies what is missing and returns the numbers it applied. Rejects with TF_SCHEMA_NEWER, TF_VERIFICATION, or what PostgreSQL said. */
export async function applyStoreSchema(session: StoreSession, known: readonly Migration[]): Promise<number[]> {
  if ((await missingOf(session, known)).length === 0) return [];
  await session.query('BEGIN');
  try {
    await session.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await session.query(`CREATE SCHEMA IF NOT EXISTS ${STORE_SCHEMA}`);
    await session.query(
      `CREATE TABLE IF NOT EXISTS ${LEDGER}
       (number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const missing = await missingOf(session, known);
    for (const { number, name, sha256, sql } of missing) {
      await session.query(sql);
      await session.query(`INSERT INTO ${LEDGER} (number, name, sha256) VALUES ($1, $2, $3)`, [number, name, sha256]);
    }
    await session.query('COMMIT');
    return missing.map(({ number }) => number);
  } catch (error) {
    if (session.isOpen) await session.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function missingOf(session: StoreSession, known: readonly Migration[]): Promise<readonly Migration[]> {
  const [ledger] = await session.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [LEDGER]);
  if (!ledger!.there) return known;
  const rows = await session.query<{ number: number; name: string; sha256: string }>(
    `SELECT number, name, sha256 FROM ${LEDGER} ORDER BY number`,
  );
  const applied: Applied = new Map(rows.map(({ number, name, sha256 }) => [number, { name, sha256 }]));
  refuseNewer(known, applied);
  refuseChanged(known, applied);
  return known.filter(({ number }) => !applied.has(number));
}
