/**
 * The tables of a node: those that hold the rows of its shard, and the same over all shards for reading.
 *
 * Promises: may be run again and on several nodes at once. Always true: nothing is ever inserted through the tables over all
 * shards, which have no key to spread rows by.
 */
import type { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { overAllShards } from './node-config.ts';
import { localDatabase } from './topology.ts';

/** One row of each shard, to call the roll: `src/query/missing-shards.ts`. */
const ROLL = 'shards';

/**
 * Brings a node up to date. `server` is the writer on the local database, which is there. `replicated`: its tables are kept
 * in step with those of the shard's other replicas. Rejects as `migrate` does.
 */
export async function prepareNode(server: ClickHouse, database: string, replicated: boolean): Promise<void> {
  await migrate(server, undefined, { replicated });
  const local = localDatabase(database);
  await server.command('CREATE DATABASE IF NOT EXISTS {database:Identifier}', { database });
  await server.command(`CREATE TABLE IF NOT EXISTS {database:Identifier}.${ROLL} ${overAllShards('system', 'one')}`, {
    database,
  });
  for (const table of await outdated(server, database, local)) {
    await server.command(
      `CREATE OR REPLACE TABLE {database:Identifier}.{table:Identifier} ${overAllShards(local, table)}`,
      { database, table },
    );
  }
}

/** Local tables whose twin over all shards is missing or has other columns. */
async function outdated(server: ClickHouse, database: string, local: string): Promise<string[]> {
  const tables = await server.query<{ table: string; isLocal: number; columns: string }>(
    `SELECT table, database = {local:String} AS isLocal,
       toString(arraySort(groupArray((position, name, type, default_kind, default_expression)))) AS columns
     FROM system.columns WHERE database IN ({local:String}, {database:String}) GROUP BY table, database`,
    { database, local },
  );
  const over = new Map(tables.filter(({ isLocal }) => isLocal === 0).map(({ table, columns }) => [table, columns]));
  return tables.filter((one) => one.isLocal === 1 && over.get(one.table) !== one.columns).map(({ table }) => table);
}
