import type { ClickHouseSettings } from '@clickhouse/client';

/** Limits of one read. Bytes and rows are those of the answer. */
export interface ReadLimits {
  readonly timeoutMs: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly memoryBytesMax: number;
}

/** Above every batch (500,000 rows, 64 MB): one batch is one block per partition, hence stored whole or not at all. */
const BLOCK_ROWS = 1_048_576;
const BLOCK_BYTES = 268_435_456;

/** A batch spans 31 months at the most; the rest is headroom for a table with a finer partition key. */
const PARTITIONS_PER_INSERT_MAX = 100;

/** Settings under which an insert of a sealed batch may be repeated; the protocol is in `daemon/flush`. */
export function insertSettings(token: string): ClickHouseSettings {
  return {
    // We batch ourselves; the server's own batching would answer before the rows are in a part.
    async_insert: 0,
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    max_partitions_per_insert_block: String(PARTITIONS_PER_INSERT_MAX),
    max_insert_block_size: String(BLOCK_ROWS),
    min_insert_block_size_rows: String(BLOCK_ROWS),
    min_insert_block_size_bytes: String(BLOCK_BYTES),
    max_insert_threads: '1',
    input_format_parallel_parsing: 0,
    // These three act where a block declares its JSON column as JSON in text form; text that is declared as String is
    // parsed with the server's defaults. {"a.b":1,"a":{"b":2}} names one path twice: keep the first. A string that
    // looks like a date stays the string it is, or it would come back written differently.
    type_json_skip_duplicated_paths: 1,
    input_format_try_infer_dates: 0,
    input_format_try_infer_datetimes: 0,
    // The answer comes after the part is in place, with its status code.
    wait_end_of_query: 1,
  };
}

/** Settings under which rows that lie in another ClickHouse are appended: blocks as they come, no deduplication. */
export function loadSettings(blockRowsMax: number): ClickHouseSettings {
  return {
    async_insert: 0,
    insert_deduplicate: 0,
    max_partitions_per_insert_block: String(PARTITIONS_PER_INSERT_MAX),
    max_insert_block_size: String(blockRowsMax),
    min_insert_block_size_rows: String(blockRowsMax),
    min_insert_block_size_bytes: String(LOAD_BLOCK_BYTES),
    max_insert_threads: '1',
    input_format_parallel_parsing: 0,
    wait_end_of_query: 1,
  };
}

/** Bytes of a block in memory before it becomes a part, however few its rows are. */
const LOAD_BLOCK_BYTES = 67_108_864;

/** How answers look, whatever the server's version. Same in the profile of the embedded engine's reader. */
export const ANSWER_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  date_time_output_format: 'iso',
  // An error in the middle of an answer becomes its status code instead of a tail of the body.
  http_wait_end_of_query: 1,
} as const satisfies ClickHouseSettings;

/**
 * For an answer that is read as it comes: only its beginning is collected, so that most errors still have a status of their
 * own, and nobody works on for a reader who went away.
 */
export const STREAM_SETTINGS = {
  http_wait_end_of_query: 0,
  http_response_buffer_size: '4194304',
  cancel_http_readonly_queries_on_client_close: 1,
} as const satisfies ClickHouseSettings;

/** The one setting that a reader of a cluster may change (`src/engine/cluster`). */
export const SKIP_MISSING_SHARDS = { skip_unavailable_shards: 1 } as const satisfies ClickHouseSettings;

/** The limits of `limits` as settings: sent with each read of kind url, written into the profile of kind embedded. */
export function readSettings(limits: ReadLimits) {
  return {
    max_execution_time: Math.ceil(limits.timeoutMs / 1_000),
    max_memory_usage: String(limits.memoryBytesMax),
    max_result_rows: String(limits.rowsMax),
    max_result_bytes: String(limits.bytesMax),
    result_overflow_mode: 'throw',
    cancel_http_readonly_queries_on_client_close: 1,
  } as const satisfies ClickHouseSettings;
}
