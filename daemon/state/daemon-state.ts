import { randomBytes } from 'node:crypto';
import type { StateDatabase } from './database.ts';

export interface PropertyKey {
  readonly account: string;
  readonly key: string;
}

export interface Salt {
  /** UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly salt: Buffer;
}

const SALT_BYTES = 32;

/** What the main thread keeps in `state.db`: counters that go on over a restart, salts, property keys. */
export class DaemonState {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
    // A destroyed salt must not survive in a free page.
    db.pragma('secure_delete = ON');
  }

  counters(): Map<string, number> {
    const rows = this.#db.prepare('SELECT name, value FROM counters').all() as { name: string; value: number }[];
    return new Map(rows.map(({ name, value }) => [name, value]));
  }

  saveCounters(values: ReadonlyMap<string, number>): void {
    const save = this.#db.prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)');
    this.#db.transaction(() => {
      for (const [name, value] of values) save.run(name, value);
    })();
  }

  /** Whether the flush has ever brought a row to where rows are kept. */
  hasStoredRows(): boolean {
    return this.#db.prepare('SELECT 1 FROM lanes WHERE stored > 0').get() !== undefined;
  }

  /** The salts of these days; missing ones are drawn. */
  drawSalts(days: readonly string[]): Salt[] {
    return this.#db
      .transaction(() =>
        days.map((day): Salt => {
          const found = this.#db.prepare('SELECT salt FROM salts WHERE day = ?').pluck().get(day) as Buffer | undefined;
          if (found !== undefined) return { day, salt: found };
          const salt = randomBytes(SALT_BYTES);
          this.#db.prepare('INSERT INTO salts (day, salt) VALUES (?, ?)').run(day, salt);
          return { day, salt };
        }),
      )
      .immediate();
  }

  /**
   * Deletes the salts of all days but these; returns how many. Their bytes are overwritten in the database, and gone from
   * the write-ahead log after `emptyLog`.
   */
  destroySalts(kept: readonly string[]): number {
    return this.#db
      .prepare('DELETE FROM salts WHERE day NOT IN (SELECT value FROM json_each(?))')
      .run(JSON.stringify(kept)).changes;
  }

  /** Moves the write-ahead log into the database and truncates it. False: another connection was in the way. */
  emptyLog(): boolean {
    const [result] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return result?.busy === 0;
  }

  propertyKeys(): PropertyKey[] {
    return this.#db.prepare('SELECT account, key FROM property_keys').all() as PropertyKey[];
  }

  addPropertyKeys(keys: readonly PropertyKey[]): void {
    const add = this.#db.prepare('INSERT OR IGNORE INTO property_keys (account, key) VALUES (?, ?)');
    this.#db.transaction(() => {
      for (const { account, key } of keys) add.run(account, key);
    })();
  }
}
