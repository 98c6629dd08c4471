import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import { cpuSeconds } from '../../support/cpu-seconds.ts';
import { LONG_MS } from './received-month.ts';
import type { Variant } from './variants.ts';

/** Rows of one insert: those of a full batch (`flush.rowsMax`). */
const BATCH_ROWS = 50_000;

/** What a table costs. Bytes and microseconds of the engine's CPU are for one row. */
export interface Cost {
  readonly diskBytes: number;
  readonly indexBytes: number;
  readonly insertMicros: number;
  readonly mergeMicros: number;
}

export interface ColumnCost {
  readonly name: string;
  readonly type: string;
  readonly codec: string;
  readonly bytes: number;
  readonly plainBytes: number;
}

/**
 * Creates `table` as the variant of `events` has it, fills it from `source` in inserts as large as a full batch, and merges
 * it into one part. Merges wait until the inserts are done, so that the two costs are apart.
 */
export async function build(
  server: ClickHouse,
  enginePid: number,
  { table, source, variant }: { readonly table: string; readonly source: string; readonly variant: Variant },
): Promise<Cost> {
  await server.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  await server.command(await definition(server, table, variant));
  await server.command(`SYSTEM STOP MERGES ${table}`);
  const replaced = Object.entries(variant.values ?? {}).map(([name, expression]) => `${expression} AS ${name}`);
  const rows = replaced.length === 0 ? '*' : `* REPLACE (${replaced.join(', ')})`;
  const start = cpuSeconds(enginePid);
  await server.command(
    `INSERT INTO ${table} SELECT ${rows} FROM ${source} SETTINGS async_insert = 0, max_threads = 1, max_insert_threads = 1,
     max_block_size = ${BATCH_ROWS}, max_insert_block_size = ${BATCH_ROWS}, min_insert_block_size_rows = ${BATCH_ROWS},
     min_insert_block_size_bytes = 0`,
    {},
    { timeoutMs: LONG_MS },
  );
  const inserted = cpuSeconds(enginePid);
  await server.command(`SYSTEM START MERGES ${table}`);
  await server.command(`OPTIMIZE TABLE ${table} FINAL`, {}, { timeoutMs: LONG_MS });
  const merged = cpuSeconds(enginePid);
  const [size] = await server.query<{ n: number; disk: number; indexes: number }>(
    `SELECT toFloat64(sum(rows)) AS n, sum(bytes_on_disk) / n AS disk, sum(secondary_indices_compressed_bytes) / n AS indexes
     FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}`,
    { table },
  );
  const { n, disk, indexes } = size!;
  return {
    diskBytes: disk,
    indexBytes: indexes,
    insertMicros: ((inserted - start) / n) * 1e6,
    mergeMicros: ((merged - inserted) / n) * 1e6,
  };
}

/** The columns of a merged table, dearest first. */
export async function columnsOf(server: ClickHouse, table: string): Promise<ColumnCost[]> {
  return server.query<ColumnCost>(
    `SELECT name, type, compression_codec AS codec, data_compressed_bytes / n AS bytes,
       data_uncompressed_bytes / n AS plainBytes
     FROM system.columns, (SELECT toFloat64(count()) AS n FROM ${table}) AS counted
     WHERE database = currentDatabase() AND table = {table:String} ORDER BY bytes DESC, name`,
    { table },
  );
}

async function definition(server: ClickHouse, table: string, variant: Variant): Promise<string> {
  const [created] = await server.query<{ sql: string }>(
    `SELECT formatQuery(create_table_query) AS sql FROM system.tables
     WHERE database = currentDatabase() AND name = 'events'`,
  );
  const edits: [RegExp, string][] = [[/^CREATE TABLE \S+/, `CREATE TABLE ${table}`]];
  for (const [column, type] of Object.entries(variant.columns ?? {})) {
    edits.push([new RegExp(`^    \`${column}\` .*,$`, 'm'), `    \`${column}\` ${type},`]);
  }
  for (const index of variant.withoutIndexes ?? []) edits.push([new RegExp(`,\n    INDEX ${index} .*?(?=,?\n)`), '']);
  if (variant.sortKey !== undefined) {
    edits.push([/^PRIMARY KEY .*$/m, `PRIMARY KEY (${variant.sortKey.replace(', occurred_at', '')})`]);
    edits.push([/^ORDER BY .*$/m, `ORDER BY (${variant.sortKey})`]);
  }
  for (const setting of variant.settings?.split(', ') ?? []) {
    edits.push([new RegExp(`,\\s+${setting.split(' ')[0]} = \\w+`), '']);
    edits.push([/$/, `, ${setting}`]);
  }
  return edits.reduce((sql, [pattern, text]) => {
    if (!pattern.test(sql)) throw new Error(`${variant.name}: the schema has nothing like ${pattern}`);
    return sql.replace(pattern, text);
  }, created!.sql);
}
