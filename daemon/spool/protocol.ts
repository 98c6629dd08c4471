import type { EncodedRows } from '../../src/clickhouse/native/encoded-rows.ts';

/**
 * What collectors and the spool thread say to each other, over one MessagePort per collector and table.
 *
 * A collector encodes the events of one or more requests into one Native block for each lane and transfers them. It keeps
 * at most one group in flight: the next fills while this one is synced.
 */
export interface AppendMessage {
  readonly type: 'append';
  readonly group: number;
  /** One for each lane that gets rows. */
  readonly parts: readonly AppendPart[];
}

/** The rows of a group that go into one lane. */
export interface AppendPart {
  /** Index of the lane (`shard.ts`). */
  readonly lane: number;
  readonly rows: EncodedRows;
  /** Rows per partition: month (YYYYMM, UTC, of `occurred_at`) and count, in turn. */
  readonly months: Uint32Array;
  /** Rows that brought their own `event_id`, ascending, and their deduplication keys (`dedup-key.ts`). */
  readonly keyRows: Uint32Array;
  readonly keys: readonly string[];
  /** The same rows by their number in the whole group. */
  readonly keyNumbers: Uint32Array;
}

export type SpoolRefusal = 'spool_full' | 'disk_full' | 'stopping';

export type SpoolAnswer =
  | {
      readonly type: 'committed';
      readonly group: number;
      /** Name of the segment and byte offset of the record: what the receipt is made of. */
      readonly segment: string;
      readonly offset: number;
      /** Numbers, in the group, of the rows that were duplicates of an earlier one. Ascending. */
      readonly duplicates: Uint32Array;
    }
  | {
      readonly type: 'refused';
      readonly group: number;
      readonly reason: SpoolRefusal;
      readonly retryAfterSeconds: number;
    };
