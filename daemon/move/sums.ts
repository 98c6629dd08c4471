import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { quoted } from '../../src/clickhouse/quoted.ts';
import type { MovedTable } from './tables.ts';

/** What is compared of a partition: the same rows in whatever order and parts give the same, as text of whole numbers. */
export interface Sums {
  readonly rows: string;
  /** Of the rows' hashes, modulo 2^64: tells rows that are there twice. */
  readonly total: string;
  /** Exclusive or of the same. */
  readonly parity: string;
  /** Highest batch number; empty for tables without. */
  readonly newest: string;
}

export const NO_ROWS = '0';
/** Reads every column of every row; a large month on a small machine takes minutes. */
export const PARTITION_MS_MAX = 6 * 3_600_000;
/** Beside inserts, merges and reads of others. */
const THREADS = 2;

/** `whole` proves that rows are the same; `quick` that they are the same rows. */
export type Depth = 'quick' | 'whole';

/** Batches of a partition: up to `through`, or behind `after`. */
export interface Range {
  readonly through?: string;
  readonly after?: string;
}

export function whereOf(partition: string, { through, after }: Range = {}): string {
  const bounds = [
    `_partition_id = '${checked(partition)}'`,
    ...(through === undefined ? [] : [`batch <= ${BigInt(through)}`]),
    ...(after === undefined ? [] : [`batch > ${BigInt(after)}`]),
  ];
  return bounds.join(' AND ');
}

export async function sumsOf(
  client: ClickHouse,
  { name, final, hasBatch, ...hashes }: MovedTable,
  partition: string,
  depth: Depth,
  signal: AbortSignal,
  range: Range = {},
): Promise<Sums> {
  const hash = depth === 'quick' ? hashes.quickHash : hashes.hash;
  const newest = hasBatch ? 'toString(max(batch))' : "''";
  const [found] = await client.query<Sums>(
    `SELECT toString(count()) AS rows, toString(sum(hash)) AS total, toString(groupBitXor(hash)) AS parity, ${newest} AS newest
     FROM (SELECT ${hash} AS hash${hasBatch ? ', batch' : ''} FROM ${quoted(name)} ${final} WHERE ${whereOf(partition, range)})
     SETTINGS max_threads = ${THREADS}`,
    {},
    { timeoutMs: PARTITION_MS_MAX, signal },
  );
  return found!;
}

export function isEqual(one: Sums, other: Sums): boolean {
  return one.rows === other.rows && one.total === other.total && one.parity === other.parity;
}

/** Partitions of a table and their rows. */
export async function partitionsOf(client: ClickHouse, table: string): Promise<ReadonlyMap<string, number>> {
  const rows = await client.query<{ partition: string; rows: number }>(
    `SELECT partition_id AS partition, toFloat64(sum(rows)) AS rows FROM system.parts
     WHERE active AND database = currentDatabase() AND table = {table:String} GROUP BY partition ORDER BY partition`,
    { table },
  );
  return new Map(rows.map(({ partition, rows: count }) => [partition, count]));
}

/** Partition ids are ClickHouse's own words: digits, or hexadecimal digits, or `all`. */
function checked(partition: string): string {
  if (/^[\w-]{1,64}$/.test(partition)) return partition;
  throw new Error(`${JSON.stringify(partition)} is no partition id`);
}
