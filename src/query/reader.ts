import type { Narrow } from '../clickhouse/postgres-tables.ts';

/** What every question needs of ClickHouse: one bound statement in, its rows out. Runs as the user that may only read. */
export interface Reader {
  /**
   * Rows of `sql` with `params` bound to its `{name:Type}` places. Rejects with a TrackflowError: TF_QUERY when
   * ClickHouse refuses the statement or a limit is reached, TF_TIMEOUT, TF_ENGINE_UNAVAILABLE.
   */
  query<T>(sql: string, params: Record<string, unknown>, options?: ReadOptions): Promise<T[]>;
}

export interface ReadOptions {
  /** Gives the read up; ClickHouse is told to stop. */
  readonly signal?: AbortSignal;
  /** Rows above which the read fails. */
  readonly rowsMax?: number;
  /** What of a table the statement needs at the most. */
  readonly narrow?: Narrow | undefined;
  /** Told when the answer is without the rows of these shards, which are away: their numbers, from 1. */
  readonly onMissing?: (shards: readonly number[]) => void;
}
