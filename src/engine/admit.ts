import type { ClickHouse } from '../clickhouse/client.ts';
import { TrackflowError } from '../errors/error.ts';

/** Oldest ClickHouse whose JSON type, settings and deduplication are what we build on. */
export const VERSION_MIN = '25.3';

/**
 * Makes sure that the server speaks our dialect and has our database, and gives its version. `server` must not name
 * the database, or it could not be asked before that exists. Rejects with TF_ENGINE_UNAVAILABLE when it is too old, else
 * with what ClickHouse said.
 */
export async function admit(server: ClickHouse, database: string): Promise<string> {
  const [row] = await server.query<{ version: string }>('SELECT version() AS version');
  const version = row?.version ?? '';
  if (isOlder(version, VERSION_MIN)) {
    throw new TrackflowError(
      'TF_ENGINE_UNAVAILABLE',
      `ClickHouse ${version} is too old: ${VERSION_MIN} or newer is needed`,
      {
        hints: [`upgrade the server to ${VERSION_MIN} or newer, or set engine.kind to embedded`],
      },
    );
  }
  const [found] = await server.query('SELECT name FROM system.databases WHERE name = {database:String}', { database });
  if (found === undefined) await server.command('CREATE DATABASE IF NOT EXISTS {database:Identifier}', { database });
  return version;
}

/** Compares year and month of two versions such as `26.7.2.1`. */
function isOlder(version: string, than: string): boolean {
  const [year = 0, month = 0] = version.split('.').map(Number);
  const [yearMin = 0, monthMin = 0] = than.split('.').map(Number);
  return year < yearMin || (year === yearMin && month < monthMin);
}
