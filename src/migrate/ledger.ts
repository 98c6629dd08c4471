import type { Chunk, Cursor } from './chunk.ts';

export type TableState = 'waiting' | 'copying' | 'copied' | 'verified' | 'differs' | 'failed';

export interface TableRecord {
  readonly state: TableState;
  readonly error: string;
  /** Where the next chunk begins. */
  readonly cursor: Cursor;
}

/** The slot of a migration and how far its changes are stored. Positions are in the form of the source, `16/B374D848`. */
export interface LogRecord {
  /** Of the slot, and of the publication. */
  readonly name: string;
  /** Everything before is stored. */
  readonly position: string;
  /** Before that an insert may be of a row that was copied: of a snapshot younger than the slot. Null: of none. */
  readonly upsertUntil: string | null;
  /** The slot's own snapshot. */
  readonly epoch: string;
  /** All is copied and compared; from here on rows change by the log only. */
  readonly isFollowing: boolean;
  /** Chunks up to this one count; later ones are changes that may be stored in part. */
  readonly ordinal: number;
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
  readonly log: LogRecord | null;
  /** Also forgets all chunks of the log: they are stored, or their slot is gone. */
  setLog(record: LogRecord | null): void;
  /** The number that the next chunk gets. */
  readonly nextOrdinal: number;
  /** Replaces what is known of a chunk. */
  update(chunk: Chunk): void;
}
