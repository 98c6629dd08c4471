import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import type { StorageFigures } from '../../../src/control/storage.ts';

const TABLES_MAX = 20;
const COLUMNS_MAX = 20;
const MERGES_MAX = 20;
const MUTATIONS_MAX = 20;
const TEXT_CHARS_MAX = 400;

/** A setting of a table where its definition has one, else the server's. */
const limitOf = (name: string) => `
  coalesce(toUInt64OrNull(extract(any(engine_full), '${name} = (\\\\d+)')),
    (SELECT toUInt64(any(value)) FROM system.merge_tree_settings WHERE name = '${name}'))`;

/** The limits of parts are for each partition: that with the most decides. */
const TABLES = `
SELECT table AS name, sum(part_rows) AS rows, sum(part_count) AS parts, sum(disk) AS diskBytes,
  sum(compressed) AS compressedBytes, sum(uncompressed) AS uncompressedBytes,
  argMax(partition, part_count) AS fullestPartition, max(part_count) AS fullestParts,
  ${limitOf('parts_to_delay_insert')} AS partsToDelay,
  ${limitOf('parts_to_throw_insert')} AS partsToThrow
FROM (
  SELECT table, partition, count() AS part_count, sum(rows) AS part_rows, sum(bytes_on_disk) AS disk,
    sum(data_compressed_bytes) AS compressed, sum(data_uncompressed_bytes) AS uncompressed
  FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table, partition
) AS by_partition
LEFT JOIN (SELECT name AS table, engine_full FROM system.tables WHERE database = currentDatabase()) AS defined
  USING (table)
GROUP BY table ORDER BY diskBytes DESC LIMIT ${TABLES_MAX}`;

/** Tables of PostgreSQL (`src/clickhouse/postgres-tables.ts`): their rows are an estimate, and they have no parts. */
const STORE_TABLES = `
SELECT name, rows, 0 AS parts, bytes AS diskBytes, 0 AS compressedBytes, 0 AS uncompressedBytes, '' AS fullestPartition,
  0 AS fullestParts, 0 AS partsToDelay, 0 AS partsToThrow
FROM table_sizes ORDER BY diskBytes DESC LIMIT ${TABLES_MAX}`;

const COLUMNS = `
SELECT name, data_compressed_bytes AS compressedBytes, data_uncompressed_bytes AS uncompressedBytes
FROM system.columns
WHERE database = currentDatabase() AND table = 'events' AND data_compressed_bytes > 0
ORDER BY data_compressed_bytes DESC LIMIT ${COLUMNS_MAX}`;

const MERGES = `
SELECT count() OVER () AS total, table, partition, is_mutation AS mutation, progress, elapsed AS elapsedSeconds,
  num_parts AS parts, total_size_bytes_compressed AS compressedBytes, rows_read AS rowsRead,
  rows_written AS rowsWritten, memory_usage AS memoryBytes
FROM system.merges WHERE database = currentDatabase() ORDER BY elapsed DESC LIMIT ${MERGES_MAX}`;

const MUTATIONS = `
SELECT count() OVER () AS total, table, mutation_id AS id, substringUTF8(command, 1, ${TEXT_CHARS_MAX}) AS command,
  toUnixTimestamp(create_time) * 1000 AS createdAt, parts_to_do AS partsToDo, is_done AS done,
  substringUTF8(latest_fail_reason, 1, ${TEXT_CHARS_MAX}) AS failure
FROM system.mutations WHERE database = currentDatabase() AND (NOT is_done OR latest_fail_reason != '')
ORDER BY create_time DESC, mutation_id DESC LIMIT ${MUTATIONS_MAX}`;

export type StorageAnswer = Omit<StorageFigures, 'askedAt' | 'tookMs'>;

type Row = Readonly<Record<string, unknown>>;

/**
 * Four small statements over system tables, some milliseconds together whatever the size of the tables. Rejects as the
 * client does, and when the user may not read system tables.
 */
export async function askStorage(
  client: ClickHouse,
  { viewsPostgres, timeoutMs, signal }: { viewsPostgres: boolean; timeoutMs: number; signal: AbortSignal },
): Promise<StorageAnswer> {
  const ask = (sql: string) => client.query<Row>(sql, {}, { timeoutMs, signal });
  const [tables, columns, merges, mutations] = await Promise.all(
    [viewsPostgres ? STORE_TABLES : TABLES, COLUMNS, MERGES, MUTATIONS].map(ask),
  );
  return {
    tables: tables!.map((row) => ({ ...texts(row, 'name', 'fullestPartition'), ...numbers(row, ...TABLE_NUMBERS) })),
    columns: columns!.map((row) => ({
      ...texts(row, 'name'),
      ...numbers(row, 'compressedBytes', 'uncompressedBytes'),
    })),
    mergesRunning: Number(merges![0]?.total ?? 0),
    merges: merges!.map((row) => ({
      ...texts(row, 'table', 'partition'),
      ...numbers(row, ...MERGE_NUMBERS),
      mutation: Number(row.mutation) === 1,
    })),
    mutationsPending: Number(mutations![0]?.total ?? 0),
    mutations: mutations!.map((row) => ({
      ...texts(row, 'table', 'id', 'command', 'failure'),
      ...numbers(row, 'createdAt', 'partsToDo'),
      done: Number(row.done) === 1,
    })),
  };
}

const TABLE_NUMBERS = [
  'rows',
  'parts',
  'diskBytes',
  'compressedBytes',
  'uncompressedBytes',
  'fullestParts',
  'partsToDelay',
  'partsToThrow',
] as const;

const MERGE_NUMBERS = [
  'progress',
  'elapsedSeconds',
  'parts',
  'compressedBytes',
  'rowsRead',
  'rowsWritten',
  'memoryBytes',
] as const;

function texts<Name extends string>(row: Row, ...names: readonly Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, String(row[name])])) as Record<Name, string>;
}

function numbers<Name extends string>(row: Row, ...names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, Number(row[name])])) as Record<Name, number>;
}
