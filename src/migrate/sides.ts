import type { Readable } from 'node:stream';
import type { Cursor, Range } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { RowSums, SourceSums, Sums, SumsBy } from './sums.ts';

/**
 * The two sides of a migration as chunks, copies and verification see them. Another source (or target) is another
 * implementation of these; what is exact stays in one place.
 */
export interface Source {
  /** A reader at the snapshot that all of them share; a new snapshot is taken where that was lost. */
  open(): Promise<SourceReader>;
  /** Readers that open from now on see what is there now. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** How values travel: as the source has them, or what the target cannot hold made into what it can. */
export type Form = 'as is' | 'mended';

export type RowStream = Readable & {
  readonly bytesRead: number;
  /** Of what has passed. Throws before the end, and when the source sent another number of rows than came. */
  sums(): RowSums;
};

/** One session of the source, at one snapshot. */
export interface SourceReader {
  /** Equal for two snapshots exactly when they show the same rows. */
  readonly epoch: string;
  /** Whether the shared snapshot is still there for others. */
  readonly current: boolean;
  /** The next range, of about that many rows and at most that many bytes; null at the end. */
  carve(
    table: TablePlan,
    cursor: Cursor,
    size: { readonly rows: number; readonly bytes: number },
  ): Promise<Range | null>;
  sums(table: TablePlan, range: Range, by: SumsBy): Promise<SourceSums>;
  /** The rows as bytes in the format of the target. Ends with an error when the source does. */
  rows(table: TablePlan, range: Range, form: Form): RowStream;
  /** The statement by which the target could fetch the rows itself, outside of the snapshot. */
  select(table: TablePlan, range: Range, form: Form): string;
  /** The greatest key of a table; null where it has no rows. */
  greatestKey(table: TablePlan): Promise<string | null>;
  /** The last key of the next rows after `from`, about that many and none above `most`; null where there are none. */
  keyAfter(table: TablePlan, from: string | null, most: string, rows: number): Promise<string | null>;
  rowsAfter(table: TablePlan, from: string | null): Promise<number>;
  /** Whether every transaction that was under way at `epoch` has ended in what this reader sees. */
  hasEnded(epoch: string): boolean;
  readonly broken: boolean;
  close(): Promise<void>;
}

export interface Target {
  /** Makes the table where it is to be made. Throws TF_INPUT when another one has its name. */
  prepare(table: TablePlan): Promise<void>;
  /** Stores the rows under the batch number; when it resolves they are on disk. */
  insert(
    table: TablePlan,
    batch: bigint,
    rows: Readable | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Has the server fetch the rows itself. */
  fetch(table: TablePlan, batch: bigint, select: string, signal: AbortSignal): Promise<void>;
  sums(table: TablePlan, batch: bigint, by: SumsBy): Promise<Sums>;
  /** Rows of each batch of this migration in the table. */
  batches(table: TablePlan): Promise<ReadonlyMap<bigint, number>>;
  remove(table: TablePlan, batches: readonly bigint[]): Promise<void>;
  /** Resolves when no insert of that batch is under way any more, also none of a process that was killed. */
  idle(batch: bigint): Promise<void>;
  /** Resolves when the server answers. Rejects with TF_ENGINE_UNAVAILABLE. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** An error that another attempt may mend: the connection, the server's absence. */
export type IsPassing = (error: unknown) => boolean;
