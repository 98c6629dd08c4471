import type { Readable } from 'node:stream';
import type { Cursor, Range } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { LogMessage } from './postgres/wal/pgoutput.ts';
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
  /** Rows of a range. */
  count(table: TablePlan, range: Range): Promise<number>;
  /** Whether every transaction that was under way at `epoch` has ended in what this reader sees. */
  hasEnded(epoch: string): boolean;
  readonly broken: boolean;
  close(): Promise<void>;
}

/**
 * The log of a source, and what keeps it there for us.
 *
 * Always true: `lost` says why there is none any more, and then nothing of ours is left in the source; empty as long as
 * there is one.
 */
export interface SourceLog {
  readonly lost: string;
  /** Takes up what the ledger says, or begins anew: then readers that open from now on see what was there at its begin. */
  begin(): Promise<void>;
  /** Where it ends now. */
  end(): Promise<bigint>;
  /** Changes behind `from`. Rejects, also while it is read, with what may pass. */
  stream(from: bigint): Promise<LogStream>;
  /** How much of it is behind `stored`, and how long ago that was its end. */
  lag(stored: bigint): { readonly bytes: number; readonly seconds: number };
  /** Columns of the target by name, of the rows that the plan gives, as the target's wire reads them. */
  texts(table: TablePlan, names: readonly string[]): Promise<string[][]>;
  /** Readers for the rows of changes, at no snapshot that lasts. */
  readonly rows: Source;
  /** Leaves nothing of ours in the source. */
  drop(): Promise<void>;
  /** Stops watching; what is in the source stays. */
  close(): Promise<void>;
}

export interface LogStream {
  /** What has come, after `waitMs` perhaps nothing. */
  take(waitMs: number): Promise<readonly LogMessage[]>;
  /** Where the log ended when the source had nothing more to send: nothing of ours was before that but what has come. */
  readonly idleAt: bigint;
  /** All before is stored: it will not be asked for again. */
  confirm(position: bigint): void;
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
  /** Of one batch, or of all of this migration. */
  sums(table: TablePlan, batch: bigint | 'all', by: SumsBy): Promise<Sums>;
  /** Rows of each batch of this migration in the table. */
  batches(table: TablePlan): Promise<ReadonlyMap<bigint, number>>;
  remove(table: TablePlan, batches: readonly bigint[]): Promise<void>;
  /**
   * Removes rows of this migration of batches before `before`: those of these identities, in the columns of the table's log as
   * its wire reads them, or all of them.
   */
  removeOlder(table: TablePlan, before: bigint, identities: readonly (readonly string[])[] | 'all'): Promise<void>;
  /** The greatest value of that column of the target; null: there is none. */
  greatest(table: TablePlan, column: string): Promise<string | null>;
  /** Resolves when no insert of that batch is under way any more, also none of a process that was killed. */
  idle(batch: bigint): Promise<void>;
  /** Resolves when the server answers. Rejects with TF_ENGINE_UNAVAILABLE. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** An error that another attempt may mend: the connection, the server's absence. */
export type IsPassing = (error: unknown) => boolean;
