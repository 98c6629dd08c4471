import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TABLES } from '../../../src/event/tables.ts';
import { parseAddress } from '../../../src/migrate/postgres/address.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { applyStoreSchema, storeMigrations } from '../../../src/postgres/schema.ts';
import { openStoreSession, type StoreSession } from '../../../src/postgres/session.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const RESULTING = path.join(packageRoot(), 'schema', 'postgres', 'resulting.sql');
const HEADER = `-- What the numbered files add up to, as PostgreSQL describes it. Not applied; compared in a test.
-- Write it anew after adding a file: TRACKFLOW_TEST_UPDATE=1 npx vitest run test/src/postgres/schema.test.ts
`;

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres(18);
}, 60_000);
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.query('DROP SCHEMA IF EXISTS trackflow CASCADE');
});

async function opened<T>(work: (session: StoreSession) => Promise<T>): Promise<T> {
  const session = await openStoreSession(
    { address: parseAddress(server.url).address, password: null, caFile: null },
    20_000,
  );
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

test('the files add up to what resulting.sql says, and a second time changes nothing', async () => {
  expect(await opened((session) => applyStoreSchema(session, storeMigrations()))).toEqual([1, 2, 3]);
  expect(await opened((session) => applyStoreSchema(session, storeMigrations()))).toEqual([]);
  const dump = await describeSchema();
  if (process.env.TRACKFLOW_TEST_UPDATE === '1') fs.writeFileSync(RESULTING, dump);
  expect(dump).toBe(fs.readFileSync(RESULTING, 'utf8'));
});

test('each table has the columns of its rows', async () => {
  await opened((session) => applyStoreSchema(session, storeMigrations()));
  for (const [table, { columns }] of Object.entries(TABLES)) {
    const found = await server.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'trackflow' AND table_name = $1
       ORDER BY ordinal_position`,
      [table],
    );
    expect(found.map(({ name }) => name)).toEqual(['id', ...columns.map(({ name }) => name), 'batch']);
  }
});

test('several daemons that start at once apply each file once', async () => {
  const applied = await Promise.all(
    Array.from({ length: 4 }, () => opened((session) => applyStoreSchema(session, storeMigrations()))),
  );
  expect(applied.flat().sort()).toEqual([1, 2, 3]);
});

test('a file that fails leaves nothing of itself', async () => {
  const broken = [
    ...storeMigrations(),
    { number: 4, name: 'broken', sha256: 'x', sql: 'CREATE TABLE trackflow.half (); SELECT 1/0' },
  ];
  await expect(opened((session) => applyStoreSchema(session, broken))).rejects.toThrow('division by zero');
  expect(await server.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'trackflow'`)).toEqual([]);
});

test('a store of a later version, and one whose file was changed, are refused', async () => {
  const later = { number: 9, name: 'later', sha256: 'x', sql: 'SELECT 1' };
  await opened((session) => applyStoreSchema(session, [...storeMigrations(), later]));
  await expect(opened((session) => applyStoreSchema(session, storeMigrations()))).rejects.toMatchObject({
    code: 'TF_SCHEMA_NEWER',
    message: expect.stringContaining('schema 9'),
  });
  await server.query('DELETE FROM trackflow.schema_migrations WHERE number = 9');
  await server.query(`UPDATE trackflow.schema_migrations SET sha256 = 'other' WHERE number = 2`);
  await expect(opened((session) => applyStoreSchema(session, storeMigrations()))).rejects.toMatchObject({
    code: 'TF_VERIFICATION',
  });
});

/** Columns, constraints, indexes and views of the schema, in an order of their own. */
async function describeSchema(): Promise<string> {
  const tables = await server.query<{ name: string; columns: string }>(
    `SELECT c.relname AS name, string_agg('    ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
       CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END ||
       coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') ||
       CASE WHEN a.attidentity <> '' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END, E',\n' ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'trackflow'::regnamespace AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname`,
  );
  const lines = await server.query<{ line: string }>(
    `SELECT line FROM (
       SELECT indexdef || ';' AS line FROM pg_indexes WHERE schemaname = 'trackflow'
       UNION ALL SELECT format('CREATE VIEW %I.%I AS%s', schemaname, viewname, definition) FROM pg_views
         WHERE schemaname = 'trackflow') AS lines ORDER BY line COLLATE "C"`,
  );
  const created = tables.map(({ name, columns }) => `CREATE TABLE trackflow.${name} (\n${columns}\n);\n`);
  return `${HEADER}\n${created.join('\n')}\n${lines.map(({ line }) => `${line}\n`).join('')}`;
}
