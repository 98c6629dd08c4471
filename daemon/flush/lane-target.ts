import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import type { FlushTarget } from './target.ts';

/** A table as the flush asks for its rows: names of ours, never a sender's. */
export interface TargetTable {
  readonly name: string;
  /** The column that tells its rows apart. */
  readonly id: string;
  /** The column whose month is the partition. */
  readonly time: string;
}

/** Where the batches of one lane go, for as long as the daemon lives. */
export interface LaneTarget extends FlushTarget {
  /** Whether rows have anywhere to go. */
  readonly ready: boolean;
  /** The store can be used from now on; null: it cannot, and every answer is "refused, try again". */
  use(place: Endpoint | null): void;
  /** Gives up what is under way, for a stop whose time is up. Its outcome is unknown; the next start counts it. */
  abort(): void;
  close(): Promise<void>;
}
