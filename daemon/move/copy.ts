import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ClickHouse, ClickHouseError } from '../../src/clickhouse/client.ts';
import { quoted } from '../../src/clickhouse/quoted.ts';
import { PARTITION_MS_MAX, type Range, whereOf } from './sums.ts';
import type { MovedTable } from './tables.ts';

/** The two ends of a move. */
export interface Ends {
  readonly from: ClickHouse;
  readonly to: ClickHouse;
}

/** Rows of one part: few enough for an engine of 256 MB with hundreds of keys in each row, see `load`. */
const BLOCK_ROWS_MAX = 65_536;
const BLOCK_ROWS_MIN = 1_024;
const MEMORY_LIMIT_EXCEEDED = 241;
const READ_THREADS = 2;

/**
 * Rows of a partition from one ClickHouse to the other: Native blocks over HTTP, through this process and never parsed in
 * it. Every pair of engines has this way: a container does not reach an engine on the loopback of its host, of a server of
 * the operator's only the HTTP address is known, and no two share a disk for a backup. Over the native port, where one side
 * reaches the other's, twice as many rows come a second, but comparing them takes longer than either
 * (`test/bench/README.md`).
 *
 * Cut short it leaves some of the rows. When a block is too much for the memory of either end, it begins anew with a
 * quarter of the rows, after `clear`.
 */
export async function copyRows(
  ends: Ends,
  table: MovedTable,
  partition: string,
  range: Range,
  { clear, signal }: { readonly clear: () => Promise<void>; readonly signal: AbortSignal },
): Promise<void> {
  for (let blockRowsMax = BLOCK_ROWS_MAX; ; blockRowsMax = Math.floor(blockRowsMax / 4)) {
    try {
      return await stream(ends, table, `WHERE ${whereOf(partition, range)}`, blockRowsMax, signal);
    } catch (error) {
      const isMemory = error instanceof ClickHouseError && error.code === MEMORY_LIMIT_EXCEEDED;
      if (!isMemory || blockRowsMax / 4 < BLOCK_ROWS_MIN) throw error;
      await clear();
    }
  }
}

async function stream(
  { from, to }: Ends,
  { name, columns, final }: MovedTable,
  where: string,
  blockRowsMax: number,
  signal: AbortSignal,
): Promise<void> {
  const select = `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(name)} ${final} ${where}
    SETTINGS max_threads = ${READ_THREADS}, max_block_size = ${blockRowsMax}`;
  // When one end fails the other is ended, and the one that failed first has the reason.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const { body } = await from.stream(select, 'Native', { signal: both, timeoutMs: PARTITION_MS_MAX });
  const passing = new PassThrough({ highWaterMark: PASSING_BYTES_MAX });
  const errors: unknown[] = [];
  const noted = (error: unknown) => {
    errors.push(error);
    failed.abort();
  };
  await Promise.all([
    pipeline(body, passing).catch(noted),
    to.load(name, columns, passing, { blockRowsMax, signal: both, timeoutMs: PARTITION_MS_MAX }).catch(noted),
  ]);
  signal.throwIfAborted();
  if (errors.length > 0) throw errors.find((error) => error instanceof ClickHouseError) ?? errors[0];
}

const PASSING_BYTES_MAX = 1024 * 1024;
