import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { TrackflowError } from '../../src/errors/error.ts';

export type StateDatabase = Database.Database;

/** First SQLite without the WAL-reset corruption (https://sqlite.org/wal.html, fixed 2026-03-13). */
const SQLITE_VERSION_MIN = [3, 51, 3] as const;
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens `state.db` so that a committed transaction is on disk. better-sqlite3 opens an existing WAL database at
 * synchronous=NORMAL, so FULL is set on every open and asserted.
 *
 * Applies `schema/state/NNNN-*.sql` (the number is `user_version`). Throws TF_SCHEMA_NEWER for a file that a newer
 * TrackFlow has changed, TF_IO when SQLite cannot open it.
 */
export function openStateDatabase(file: string, schemaFolder: string): StateDatabase {
  let db: StateDatabase;
  try {
    db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
  } catch (cause) {
    throw new TrackflowError('TF_IO', `cannot open ${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    assertSettings(db, file);
    applySchema(db, file, schemaFolder);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Runs a transaction that is on disk only when a later one is: a power cut may take it back, a crash of the process does
 * not, and the file stays whole (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL under WAL).
 */
export function unsynced<T>(db: StateDatabase, transaction: () => T): T {
  db.pragma('synchronous = NORMAL');
  try {
    return transaction();
  } finally {
    db.pragma('synchronous = FULL');
  }
}

/** Opens a lock file and holds it until closed or until the process ends, however it ends. Null: somebody else has it. */
export function tryLock(file: string): { release(): void } | null {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}

function assertSettings(db: StateDatabase, file: string): void {
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  const older = SQLITE_VERSION_MIN.findIndex((min, index) => parts[index] !== min);
  if (older >= 0 && parts[older]! < SQLITE_VERSION_MIN[older]!) {
    throw new TrackflowError('TF_IO', `SQLite ${version} can corrupt a WAL; ${SQLITE_VERSION_MIN.join('.')} is needed`);
  }
  if (db.pragma('journal_mode', { simple: true }) !== 'wal' || db.pragma('synchronous', { simple: true }) !== 2) {
    throw new TrackflowError('TF_IO', `${file} cannot be opened with journal_mode=wal and synchronous=FULL`);
  }
}

function applySchema(db: StateDatabase, file: string, schemaFolder: string): void {
  const steps = fs
    .readdirSync(schemaFolder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort();
  const newest = Number(steps.at(-1)?.slice(0, 4) ?? 0);
  const upgrade = db.transaction(() => {
    const current = db.pragma('user_version', { simple: true }) as number;
    if (current > newest) {
      throw new TrackflowError(
        'TF_SCHEMA_NEWER',
        `${file} has schema ${current}, this TrackFlow knows up to ${newest}`,
        {
          hints: ['run the newer TrackFlow that wrote it, or restore a backup'],
        },
      );
    }
    for (const step of steps) {
      const number = Number(step.slice(0, 4));
      if (number <= current) continue;
      db.exec(fs.readFileSync(path.join(schemaFolder, step), 'utf8'));
      db.pragma(`user_version = ${number}`);
    }
  });
  upgrade.immediate();
}
