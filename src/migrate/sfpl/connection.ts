import { type ClickHouse, ClickHouseError, ConnectionError, openClickHouse } from '../../clickhouse/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { ClickHouseAccess } from '../clickhouse/address.ts';

/** UNKNOWN_DATABASE, READONLY and the like, ACCESS_DENIED, REQUIRED_PASSWORD, AUTHENTICATION_FAILED. */
const REFUSED: ReadonlySet<number> = new Set([81, 192, 193, 194, 291, 497, 516]);

/** A connection that only reads, under the settings that its user has there. Connects at the first call. */
export function openSource({ address, password }: ClickHouseAccess): ClickHouse {
  const { origin, database, user } = address;
  // A reader beside another writer is one whose own profile holds its limits: it is sent no settings.
  const reader = { user, password: password ?? '' };
  return openClickHouse({ url: origin, database, reader, writer: { user: '', password: '' } }, 'reader');
}

/** What a refusal of the source means, for people: TF_INPUT, or TF_ENGINE_UNAVAILABLE where it is away; all else as it is. */
export function refusal(thrown: unknown, { address }: ClickHouseAccess): unknown {
  if (thrown instanceof ConnectionError) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `the source ${address.url} does not answer: ${thrown.message}`, {
      cause: thrown,
    });
  }
  if (!(thrown instanceof ClickHouseError) || !REFUSED.has(thrown.code)) return thrown;
  return new TrackflowError('TF_INPUT', `the source ${address.url} says no: ${thrown.message}`, {
    hints: ['CLICKHOUSE_PASSWORD or --from-file has the password', 'GRANT SELECT ON the database is all that it takes'],
  });
}
