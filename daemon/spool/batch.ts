import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';

/**
 * A sealed segment on its way to ClickHouse. Its name (16 hexadecimal digits) is the batch number in every row, the
 * token of its insert and its file name; it is never used for anything else, in any spool.
 */
export interface Batch {
  readonly name: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows per month (YYYYMM, UTC): what verification expects to find. */
  readonly months: ReadonlyMap<number, number>;
  readonly columns: readonly ColumnHead[];
  /** Whether an earlier process may have tried to insert it. */
  readonly recovered: boolean;
  /** Milliseconds since the epoch at which its first row was committed. */
  readonly firstRowAt: number;
}

export function batchNumber(name: string): bigint {
  return BigInt(`0x${name}`);
}

export function batchName(number: bigint): string {
  return number.toString(16).padStart(16, '0');
}
