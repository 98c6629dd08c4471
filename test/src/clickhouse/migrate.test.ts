import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../../src/clickhouse/client.ts';
import { type Migration, migrate, readMigrations } from '../../../src/clickhouse/migrate.ts';
import { COLUMNS } from '../../../src/event/columns.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { dumpSchema } from '../../support/schema-dump.ts';

let server: TestEngine;
let fresh: ClickHouse;
let databases = 0;

beforeAll(async () => {
  server = await startEngine();
});
afterAll(() => server.stop());

beforeEach(async () => {
  const database = `fresh_${databases++}`;
  const writer = openClickHouse(server.endpoint, 'writer');
  await writer.command(`CREATE DATABASE ${database}`);
  await writer.close();
  fresh = openClickHouse({ ...server.endpoint, database }, 'writer');
  return () => fresh.close();
});

const ours = readMigrations();
const newest = ours.at(-1)!.number;

function file(number: number, sql: string): Migration {
  return { number, name: `step-${number}`, sha256: `sha of ${sql}`, sql };
}

function ledger(): Promise<{ number: number; n: number }[]> {
  return fresh.query('SELECT number, count() AS n FROM schema_migrations FINAL GROUP BY number ORDER BY number');
}

describe('the schema', () => {
  test('is what is checked in', async () => {
    const path = join(packageRoot(), 'schema', 'clickhouse', 'resulting.sql');
    const dump = await dumpSchema(server);
    if (process.env.TRACKFLOW_TEST_UPDATE !== undefined) writeFileSync(path, dump);
    expect(dump).toBe(readFileSync(path, 'utf8'));
  });

  test('has every column that a block carries, in order, and batch', async () => {
    const columns = await server.query<{ name: string }>(
      `SELECT name FROM system.columns WHERE database = 'trackflow' AND table = 'events'
       AND default_kind != 'MATERIALIZED' ORDER BY position`,
    );
    expect(columns.map(({ name }) => name)).toEqual([...COLUMNS.map(({ name }) => name), 'batch']);
  });

  test('is numbered without gaps', () => {
    expect(ours.map(({ number }) => number)).toEqual(ours.map((_, index) => index + 1));
  });

  test('deletes rows of one visitor for good', async () => {
    const writer = openClickHouse(server.endpoint, 'writer');
    await writer.command(`INSERT INTO events (account, visitor_id, occurred_at) VALUES ('erase', 'x', now64(3))`);
    await writer.command(`ALTER TABLE events DELETE WHERE visitor_id = 'x' SETTINGS mutations_sync = 2`);
    expect(await writer.query(`SELECT 1 FROM events WHERE account = 'erase'`)).toEqual([]);
    await writer.close();
  });
});

describe('migrating', () => {
  test('applies each file once, in order', async () => {
    expect(await migrate(fresh)).toEqual(ours.map(({ number }) => number));
    expect(await migrate(fresh)).toEqual([]);
    expect(await ledger()).toEqual(ours.map(({ number }) => ({ number, n: 1 })));
  });

  test('may be done by ten at once', async () => {
    const steps = [
      file(1, 'CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = MergeTree ORDER BY a'),
      file(2, 'ALTER TABLE t ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE t ADD COLUMN IF NOT EXISTS c UInt8;'),
    ];
    await Promise.all(Array.from({ length: 10 }, () => migrate(fresh, steps)));
    expect(await ledger()).toEqual([
      { number: 1, n: 1 },
      { number: 2, n: 1 },
    ]);
    await fresh.query('SELECT a, b, c FROM t');
  });

  test('repeats a file that was applied half', async () => {
    const create = `CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = MergeTree ORDER BY a; -- with ; in a comment`;
    await expect(migrate(fresh, [file(1, `${create}\nSELECT throwIf(1, 'a ; in a string')`)])).rejects.toThrow();
    expect(await ledger()).toEqual([]);
    expect(await migrate(fresh, [file(1, create)])).toEqual([1]);
  });

  test('refuses a database that is newer, with both numbers, and leaves it alone', async () => {
    await migrate(fresh, [...ours, file(newest + 1, 'CREATE TABLE IF NOT EXISTS later (a UInt8) ENGINE = Memory')]);
    await expect(migrate(fresh)).rejects.toMatchObject({
      code: 'TF_SCHEMA_NEWER',
      message: expect.stringMatching(new RegExp(`schema ${newest + 1},.* up to ${newest}$`)),
    });
  });

  test('refuses a file that was changed after it was applied', async () => {
    await migrate(fresh, [file(1, 'SELECT 1')]);
    const changed = migrate(fresh, [file(1, 'SELECT 2'), file(2, 'CREATE TABLE t (a UInt8) ENGINE = Memory')]);
    await expect(changed).rejects.toMatchObject({ code: 'TF_VERIFICATION' });
    await expect(fresh.query('SELECT * FROM t')).rejects.toMatchObject({ code: 60 });
  });
});
