import type { TestEngine } from './engine.ts';

/**
 * The schema of a migrated database as text: what ClickHouse says of each table, without the name of the database.
 * Write it anew after adding a file to `schema/clickhouse/`: `TRACKFLOW_TEST_UPDATE=1 npx vitest run
 * test/src/clickhouse/migrate.test.ts`.
 */
export async function dumpSchema(server: TestEngine): Promise<string> {
  const { database } = server.endpoint;
  const tables = await server.query<{ name: string; create_table_query: string }>(
    `SELECT name, formatQuery(create_table_query) AS create_table_query FROM system.tables
     WHERE database = {database:String} ORDER BY name`,
    { database },
  );
  const statements = tables.map(({ create_table_query: sql }) => `${sql.replace(`${database}.`, '')};\n`);
  return `${HEADER}\n${statements.join('\n')}`;
}

const HEADER = `-- What the numbered files add up to, as ClickHouse writes it. Not applied; compared in a test.
`;
