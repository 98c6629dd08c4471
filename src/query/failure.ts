import { ClickHouseError, ConnectionError, type ReadLimits } from '../clickhouse/client.ts';
import { type ErrorCode, TrackflowError } from '../errors/error.ts';

/**
 * The one place where the failure of a read becomes an error code. `whose` statement it was decides what a refusal
 * means: of one that a person typed it is theirs to mend (TF_QUERY), of a compiled question it is a defect of ours
 * (TF_FAILED). Limits are the reader's to meet either way; a statement of the writer (`written`) has none. What is no
 * failure of ClickHouse passes unchanged.
 */
export function readFailure(thrown: unknown, limits: ReadLimits, whose: 'typed' | 'written' | 'ours'): unknown {
  if (thrown instanceof ConnectionError) {
    const code = thrown.timedOut ? 'TF_TIMEOUT' : 'TF_ENGINE_UNAVAILABLE';
    return new TrackflowError(code, `ClickHouse: ${thrown.message}`, { cause: thrown });
  }
  if (!(thrown instanceof ClickHouseError)) return thrown;
  const limit = whose === 'written' ? undefined : LIMITS[thrown.code]?.(limits);
  if (limit) return new TrackflowError(limit.code, limit.message, { cause: thrown, hints: [limit.hint] });
  if (DENIED.has(thrown.code)) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `ClickHouse lets us not in: ${thrown.message}`, {
      cause: thrown,
    });
  }
  if (SHARD_AWAY.has(thrown.code)) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `a shard does not answer: ${thrown.message}`, {
      hints: ['trackflow cluster status'],
      cause: thrown,
    });
  }
  const code = whose === 'ours' ? 'TF_FAILED' : 'TF_QUERY';
  const message = thrown.message.replace(OF_OUR_CHECK, '');
  return new TrackflowError(code, `ClickHouse refused the statement: ${message}`, { cause: thrown });
}

/** Where a syntax error was found: in the statement by which `refuseFileAccess` has ClickHouse read the typed one. */
const OF_OUR_CHECK = /[.:\s]*In scope SELECT formatQuerySingleLine\(.*$/s;

/** ClickHouse's numbers for "a shard did not answer": connection, socket, cut stream, name. */
export const SHARD_AWAY: ReadonlySet<number> = new Set([279, 210, 209, 32, 198]);

interface Limit {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

const SMALLER = 'ask for less: a shorter period, more filters, LIMIT';

const tooLarge = ({ rowsMax, bytesMax }: ReadLimits): Limit => ({
  code: 'TF_QUERY',
  message: `the answer is over ${rowsMax} rows or ${bytesMax} bytes (query.rowsMax, query.bytesMax)`,
  hint: SMALLER,
});

const tooSlow = ({ timeoutMs }: ReadLimits): Limit => ({
  code: 'TF_TIMEOUT',
  message: `the read took more than ${timeoutMs} ms (query.timeoutMs)`,
  hint: SMALLER,
});

/** By ClickHouse's number of the error. */
const LIMITS: Readonly<Record<number, (limits: ReadLimits) => Limit>> = {
  158: tooLarge, // TOO_MANY_ROWS
  307: tooLarge, // TOO_MANY_BYTES
  396: tooLarge, // TOO_MANY_ROWS_OR_BYTES
  159: tooSlow, // TIMEOUT_EXCEEDED
  160: tooSlow, // TOO_SLOW: the engine's estimate is over the limit
  241: ({ memoryBytesMax }) => ({
    code: 'TF_QUERY',
    message: `the read needs more than ${memoryBytesMax} bytes of memory (query.memoryBytesMax), or the engine has less left`,
    hint: SMALLER,
  }),
  202: () => ({
    code: 'TF_BUSY',
    message: 'ClickHouse runs as many reads as it may',
    hint: 'try again in a moment',
  }),
};

/** AUTHENTICATION_FAILED, UNKNOWN_DATABASE, IP_ADDRESS_NOT_ALLOWED, UNKNOWN_USER. */
const DENIED = new Set([516, 81, 195, 192]);
