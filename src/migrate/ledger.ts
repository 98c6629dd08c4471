import type { Chunk, Cursor } from './chunk.ts';

export type TableState = 'waiting' | 'copying' | 'copied' | 'verified' | 'differs' | 'failed';

export interface TableRecord {
  readonly state: TableState;
  readonly error: string;
  /** Where the next chunk begins. */
  readonly cursor: Cursor;
}

/**
 * Where a migration is: every chunk before and after it travels. Each method is on disk when it returns, so after a kill
 * the ledger says what may be half done, and what is done. Kept beside the task in `state.db`.
 */
export interface Ledger {
  /** Of the migration, in its batch numbers. */
  readonly job: number;
  table(index: number): TableRecord;
  setTable(index: number, record: Partial<TableRecord>): void;
  /** In the order in which they were made. */
  chunks(table: number): readonly Chunk[];
  chunk(ordinal: number): Chunk;
  /** A new chunk behind the last one; the cursor moves with it. */
  add(chunk: Omit<Chunk, 'ordinal'>, cursor: Cursor): Chunk;
  /**
   * From now on a table is followed: its chunks so far hold keys up to `key` (all of them where it is null) and the last of
   * each part has no end; the cursor goes behind the parts.
   */
  limit(table: number, key: string | null, parts: number): void;
  /**
   * From now on a table is copied by ranges of its key, from the first one on: the chunks that it has are of no range any
   * more, and to be looked at again.
   */
  anew(table: number): void;
  /** Replaces what is known of a chunk. */
  update(chunk: Chunk): void;
}
