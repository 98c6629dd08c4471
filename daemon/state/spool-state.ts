import { type StateDatabase, unsynced } from './database.ts';

export interface LaneTotals {
  readonly stored: number;
  readonly deadLettered: number;
}

export interface DeadLetterRow {
  readonly batch: string;
  readonly lane: string;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: string;
  readonly at: number;
}

/** First digits of a segment's name: drawn anew when a spool begins (`spool/identity.ts`). */
const SPOOL_DIGITS = 8;

/**
 * What the spool thread keeps in `state.db` for one lane: totals, the window of client ids, the dead letters' index.
 * Every method is one short transaction; any may throw SQLITE_FULL, which its callers treat as "later".
 */
export class SpoolState {
  readonly #db: StateDatabase;
  readonly #lane: string;
  readonly #known;
  readonly #insertKey;
  readonly #prune;

  constructor(db: StateDatabase, lane: string) {
    this.#db = db;
    this.#lane = lane;
    this.#known = db.prepare<[Buffer], number>('SELECT 1 FROM seen_ids WHERE key = ?').pluck();
    this.#insertKey = db.prepare<[Buffer, number]>('INSERT OR IGNORE INTO seen_ids (key, seen_at) VALUES (?, ?)');
    this.#prune = db.prepare<[number, number, number]>(
      `DELETE FROM seen_ids WHERE id IN (SELECT id FROM seen_ids ORDER BY id LIMIT ?)
       AND (seen_at < ? OR id <= (SELECT max(id) FROM seen_ids) - ?)`,
    );
    db.prepare('INSERT OR IGNORE INTO lanes (lane) VALUES (?)').run(lane);
  }

  known(key: string): boolean {
    return this.#known.get(Buffer.from(key, 'latin1')) !== undefined;
  }

  /**
   * Adds keys. `through`, when given, states that all keys of segments up to it (of the same spool) are now here, and on
   * disk. Without it nothing is waited for: a sync would stop the spool thread, and the segment still has the keys.
   */
  remember(keys: readonly string[], seenAt: number, through?: string): void {
    if (through === undefined) unsynced(this.#db, () => this.#insertKeys(keys, seenAt));
    else this.#insertKeys(keys, seenAt, through);
  }

  #insertKeys(keys: readonly string[], seenAt: number, through?: string): void {
    this.#db.transaction(() => {
      for (const key of keys) this.#insertKey.run(Buffer.from(key, 'latin1'), seenAt);
      if (through !== undefined) {
        this.#db
          .prepare(
            `UPDATE lanes SET keys_through = iif(substr(keys_through, 1, ${SPOOL_DIGITS}) = substr(@through, 1, ${SPOOL_DIGITS}),
             max(keys_through, @through), @through) WHERE lane = @lane`,
          )
          .run({ through, lane: this.#lane });
      }
    })();
  }

  /** The lane begins anew: none of its segments has its keys here yet. */
  forgetKeysThrough(): void {
    this.#db.prepare("UPDATE lanes SET keys_through = '' WHERE lane = ?").run(this.#lane);
  }

  /** Whether the keys of a segment are here. Says nothing of segments of a spool before this one: their numbers do not compare. */
  keysStored(segment: string): boolean {
    const through = this.#db.prepare('SELECT keys_through FROM lanes WHERE lane = ?').pluck().get(this.#lane) as string;
    return through.slice(0, SPOOL_DIGITS) === segment.slice(0, SPOOL_DIGITS) && segment <= through;
  }

  /**
   * Removes at most `rowsMax` keys that left the window (older than `seenBefore`, or more than `keep` in all). Not synced:
   * what a crash brings back goes the next time.
   */
  prune(seenBefore: number, keep: number, rowsMax: number): number {
    return unsynced(this.#db, () => this.#prune.run(rowsMax, seenBefore, keep).changes);
  }

  /**
   * Counts `rows` of a batch that is about to be unlinked. The batch counted last may be counted again (after a crash or
   * a failure in between) and with another number: the last one holds. `arrears`: rows of earlier batches that could not
   * be counted then.
   */
  countStored(batch: string, rows: number, arrears = 0): void {
    this.#db
      .prepare(
        `UPDATE lanes SET stored = stored + @rows + @arrears - iif(counted = @batch, counted_rows, 0),
         counted = @batch, counted_rows = @rows WHERE lane = @lane`,
      )
      .run({ batch, rows, arrears, lane: this.#lane });
  }

  /** The batch counted last, which may still be in the spool; empty when there is none. */
  counted(): string {
    return this.#db.prepare('SELECT counted FROM lanes WHERE lane = ?').pluck().get(this.#lane) as string;
  }

  totals(): LaneTotals {
    const row = this.#db.prepare('SELECT stored, dead_lettered FROM lanes WHERE lane = ?').get(this.#lane) as {
      stored: number;
      dead_lettered: number;
    };
    return { stored: row.stored, deadLettered: row.dead_lettered };
  }

  /** Adds a batch to the index and to the total; twice is once. */
  addDeadLetter(letter: DeadLetterRow): void {
    this.#db.transaction(() => {
      const { changes } = this.#db
        .prepare(
          `INSERT OR IGNORE INTO dead_letters (batch, lane, rows, bytes, reason, at)
           VALUES (@batch, @lane, @rows, @bytes, @reason, @at)`,
        )
        .run(letter);
      if (changes > 0) this.#addDeadRows(letter.rows);
    })();
  }

  /** Takes a batch out of the index; `replayed` rows are in the spool again, dropped ones stay in the total. */
  removeDeadLetter(letter: DeadLetterRow, replayed: boolean): void {
    this.#db.transaction(() => {
      const { changes } = this.#db.prepare('DELETE FROM dead_letters WHERE batch = ?').run(letter.batch);
      if (changes > 0 && replayed) this.#addDeadRows(-letter.rows);
    })();
  }

  #addDeadRows(rows: number): void {
    this.#db.prepare('UPDATE lanes SET dead_lettered = dead_lettered + ? WHERE lane = ?').run(rows, this.#lane);
  }

  deadLetters(): DeadLetterRow[] {
    return this.#db
      .prepare('SELECT batch, lane, rows, bytes, reason, at FROM dead_letters WHERE lane = ? ORDER BY batch')
      .all(this.#lane) as DeadLetterRow[];
  }
}
