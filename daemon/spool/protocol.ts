import type { EncodedRows } from '../../src/clickhouse/native/encoded-rows.ts';

/**
 * What collectors and the spool thread say to each other, over one MessagePort per collector.
 *
 * A collector encodes the events of one or more requests into one Native block and transfers it. It keeps at most one
 * group in flight: the next fills while this one is synced.
 */
export interface AppendMessage {
  readonly type: 'append';
  readonly group: number;
  readonly rows: EncodedRows;
  /** Rows per partition: month (YYYYMM, UTC, of `occurred_at`) and count, in turn. */
  readonly months: Uint32Array;
  /** Rows that brought their own `event_id`, ascending, and their deduplication keys (`dedup-key.ts`). */
  readonly keyRows: Uint32Array;
  readonly keys: readonly string[];
}

export type SpoolRefusal = 'spool_full' | 'disk_full' | 'stopping';

export type SpoolAnswer =
  | {
      readonly type: 'committed';
      readonly group: number;
      /** Name of the segment and byte offset of the record: what the receipt is made of. */
      readonly segment: string;
      readonly offset: number;
      /** Row indexes that were duplicates of an earlier event. Ascending. */
      readonly duplicates: Uint32Array;
    }
  | {
      readonly type: 'refused';
      readonly group: number;
      readonly reason: SpoolRefusal;
      readonly retryAfterSeconds: number;
    };
