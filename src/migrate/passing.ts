import { ClickHouseError, ConnectionError } from '../clickhouse/client.ts';
import { TrackflowError } from '../errors/error.ts';

/** Errors of ClickHouse that time mends: memory, disk, too many parts, time-outs, shutting down. */
const PASSING_CLICKHOUSE: ReadonlySet<number> = new Set([
  32, 33, 74, 75, 159, 160, 202, 209, 210, 236, 241, 242, 243, 252, 319, 394, 439, 994, 999,
]);

/** Of PostgreSQL: connection, resources, operator, serialization (a standby cancels a query), and what has no such code. */
const PASSING_POSTGRES = /^(08|53|57|40|55P03|25P02)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether another attempt may do what this one could not. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof TrackflowError) return thrown.who === 'environment';
  if (thrown instanceof ConnectionError) return true;
  if (thrown instanceof ClickHouseError) return PASSING_CLICKHOUSE.has(thrown.code);
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && SQLSTATE.test(code)) return PASSING_POSTGRES.test(code);
  return thrown instanceof Error && !(thrown instanceof TypeError) && !(thrown instanceof RangeError);
}

/** What failed for good, in words. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof ClickHouseError) return `ClickHouse: ${thrown.message}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
