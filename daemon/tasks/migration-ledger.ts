import { type Chunk, type Cursor, ROOT } from '../../src/migrate/chunk.ts';
import type { Ledger, LogRecord, TableRecord } from '../../src/migrate/ledger.ts';
import type { MigrationPlan } from '../../src/migrate/plan.ts';
import type { StateDatabase } from '../state/database.ts';

/** What was fixed when the task of a migration began; null before that. */
export function readMigration(
  db: StateDatabase,
  task: number,
): { readonly job: number; readonly plan: MigrationPlan; readonly params: unknown } | null {
  const row = db.prepare('SELECT job, plan, params FROM migrations JOIN tasks ON id = task WHERE task = ?').get(task) as
    | { job: number; plan: string; params: string }
    | undefined;
  return row === undefined
    ? null
    : { job: row.job, plan: JSON.parse(row.plan) as MigrationPlan, params: JSON.parse(row.params) };
}

/** Fixes job and plan, once. */
export function writeMigration(db: StateDatabase, task: number, job: number, plan: MigrationPlan): void {
  db.transaction(() => {
    db.prepare('INSERT INTO migrations (task, job, plan) VALUES (?, ?, ?)').run(task, job, JSON.stringify(plan));
    const table = db.prepare('INSERT INTO migration_tables (task, position) VALUES (?, ?)');
    plan.tables.forEach((_, position) => {
      table.run(task, position);
    });
  })();
}

/**
 * The ledger of one migration in `state.db`.
 *
 * Promises: every method is on disk when it returns. Always true: what is in memory is what is on disk; a migration has
 * one ledger at a time. When the disk is full: SQLITE_FULL is thrown and neither has changed.
 */
export class MigrationLedger implements Ledger {
  readonly job: number;
  readonly #db: StateDatabase;
  readonly #task: number;
  readonly #tables: TableRecord[];
  readonly #chunks = new Map<number, Chunk>();
  #last = 0;
  #log: LogRecord | null;

  constructor(db: StateDatabase, task: number, job: number) {
    this.#db = db;
    this.#task = task;
    this.job = job;
    this.#tables = (
      db.prepare('SELECT state, error, cursor FROM migration_tables WHERE task = ? ORDER BY position').all(task) as {
        state: TableRecord['state'];
        error: string;
        cursor: string;
      }[]
    ).map((row) => ({ ...row, cursor: JSON.parse(row.cursor) as Cursor }));
    const rows = db
      .prepare(
        `SELECT ordinal, position AS "table", range, state, attempt, epoch, sums, bytes, note
         FROM migration_chunks WHERE task = ? ORDER BY ordinal`,
      )
      .all(task) as (Omit<Chunk, 'range' | 'sums'> & { range: string; sums: string | null })[];
    for (const row of rows) {
      const sums = row.sums === null ? null : (JSON.parse(row.sums) as Chunk['sums']);
      this.#chunks.set(row.ordinal, { ...row, range: JSON.parse(row.range) as Chunk['range'], sums });
      this.#last = row.ordinal;
    }
    const kept = db.prepare('SELECT log FROM migrations WHERE task = ?').pluck().get(task) as string | null;
    this.#log = kept === null ? null : (JSON.parse(kept) as LogRecord);
    // Chunks of the log are forgotten, their numbers are not used again.
    this.#last = Math.max(this.#last, this.#log?.ordinal ?? 0);
  }

  get log(): LogRecord | null {
    return this.#log;
  }

  get nextOrdinal(): number {
    return this.#last + 1;
  }

  setLog(record: LogRecord | null): void {
    const forgotten = [...this.#chunks.values()].filter(({ range }) => range.by === 'log');
    this.#db.transaction(() => {
      this.#db
        .prepare('UPDATE migrations SET log = ? WHERE task = ?')
        .run(record === null ? null : JSON.stringify(record), this.#task);
      const forget = this.#db.prepare('DELETE FROM migration_chunks WHERE task = ? AND ordinal = ?');
      for (const { ordinal } of forgotten) forget.run(this.#task, ordinal);
    })();
    for (const { ordinal } of forgotten) this.#chunks.delete(ordinal);
    this.#log = record;
  }

  table(index: number): TableRecord {
    return this.#tables[index]!;
  }

  setTable(index: number, change: Partial<TableRecord>): void {
    const record = { ...this.table(index), ...change };
    this.#writeTable(index, record);
    this.#tables[index] = record;
  }

  chunks(table: number): readonly Chunk[] {
    return [...this.#chunks.values()].filter((chunk) => chunk.table === table);
  }

  chunk(ordinal: number): Chunk {
    return this.#chunks.get(ordinal)!;
  }

  add(chunk: Omit<Chunk, 'ordinal'>, cursor: Cursor): Chunk {
    const added: Chunk = { ...chunk, ordinal: this.#last + 1 };
    const record = { ...this.table(chunk.table), cursor };
    this.#db.transaction(() => {
      this.#writeTable(chunk.table, record);
      this.#writeChunk(added);
    })();
    this.#last = added.ordinal;
    this.#tables[chunk.table] = record;
    this.#chunks.set(added.ordinal, added);
    return added;
  }

  limit(table: number, key: string | null, parts: number): void {
    const chunks = this.chunks(table);
    const limited = chunks.map((chunk, at): Chunk => {
      const { range } = chunk;
      const isLast = chunks.findLastIndex((other) => other.range.part === range.part) === at;
      return { ...chunk, range: { ...range, to: isLast ? null : range.to, keyMax: key } };
    });
    this.#replace(table, limited, { part: parts, from: key });
  }

  anew(table: number): void {
    const chunks = this.chunks(table).map(
      (chunk): Chunk => ({ ...chunk, state: 'copying', range: { part: ROOT, by: 'none', from: null, to: null } }),
    );
    this.#replace(table, chunks, { part: ROOT, from: null });
  }

  #replace(table: number, chunks: readonly Chunk[], cursor: Cursor): void {
    const record = { ...this.table(table), cursor };
    this.#db.transaction(() => {
      for (const chunk of chunks) this.#writeChunk(chunk);
      this.#writeTable(table, record);
    })();
    for (const chunk of chunks) this.#chunks.set(chunk.ordinal, chunk);
    this.#tables[table] = record;
  }

  update(chunk: Chunk): void {
    this.#writeChunk(chunk);
    this.#chunks.set(chunk.ordinal, chunk);
  }

  #writeTable(index: number, { state, error, cursor }: TableRecord): void {
    this.#db
      .prepare('UPDATE migration_tables SET state = ?, error = ?, cursor = ? WHERE task = ? AND position = ?')
      .run(state, error, JSON.stringify(cursor), this.#task, index);
  }

  #writeChunk({ ordinal, table, range, state, attempt, epoch, sums, bytes, note }: Chunk): void {
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO migration_chunks (task, ordinal, position, range, state, attempt, epoch, sums, bytes, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[this.#task, ordinal, table, JSON.stringify(range), state, attempt, epoch],
        ...[sums === null ? null : JSON.stringify(sums), bytes, note],
      );
  }
}
