/** What a flush needs of the store of the rows. Outcomes that are expected are values; a throw is a defect. */
export interface FlushTarget {
  /** One insert of one Native block. `token` names the attempt: the server keeps one insert per token and month. */
  insert(block: Buffer, token: string): Promise<InsertOutcome>;
  /** Rows per month of a batch, or why the server did not answer. */
  count(batch: bigint): Promise<ReadonlyMap<number, number> | CountFailure>;
  /** Ids of the rows of a batch in some months, or why the server did not answer. */
  ids(batch: bigint, months: readonly number[]): Promise<StoredIds | CountFailure>;
  /** The batch is stored and has left the spool: it will not be asked for again. */
  settled?(batch: bigint): void;
}

/**
 * By month (YYYYMM): the id of each row and how many rows have it. An id may be there more than once: it is only
 * unique within an account, and only as long as the window of client ids lasts.
 */
export type StoredIds = ReadonlyMap<number, ReadonlyMap<string, number>>;

export type InsertOutcome =
  | { readonly seen: 'stored'; readonly writtenRows: number }
  | { readonly seen: 'refused'; readonly because: 'data' | 'memory' | 'other'; readonly error: string }
  | { readonly seen: 'unknown'; readonly timedOut?: boolean; readonly error: string };

export interface CountFailure {
  readonly error: string;
}
