import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../../src/clickhouse/client.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';

let server: TestEngine;
let reader: ClickHouse;

beforeAll(async () => {
  server = await startEngine();
  reader = openClickHouse(server.endpoint, 'reader', TEST_LIMITS);
});

afterAll(async () => {
  await reader.close();
  await server.stop();
});

const ACCESS_DENIED = 497;
const READONLY = 164;
const OUTFILE = 358;

describe('a statement that a person typed', () => {
  test.each([
    ['a question about events', `SELECT count() AS n FROM events WHERE path = '/file' -- file('x')`],
    ['a closing semicolon', 'SELECT 1;'],
    ['the schema', 'SHOW CREATE TABLE events'],
    ['a property that is called file', 'SELECT properties.file, e.properties.file FROM events AS e'],
    ['a word that holds it', 'SELECT 1 AS profile, 2 AS files'],
  ])('may be %s', async (_name, sql) => {
    expect((await reader.untrusted(sql)).columns.length).toBeGreaterThan(0);
  });

  test.each([
    ['plainly', `SELECT file('/etc/hostname')`],
    ['in backticks', "SELECT `file`('/etc/hostname')"],
    ['in double quotes', `SELECT "file"('/etc/hostname')`],
    ['escaped', "SELECT `\\x66ile`('/etc/hostname')"],
    ['behind a comment', `SELECT file/* */('/etc/hostname')`],
    ['with a heredoc', `SELECT file($a$/etc/hostname$a$)`],
    ['as a lambda', `SELECT arrayMap(file, ['/etc/hostname'])`],
    ['as a transformer', `SELECT * APPLY(file) FROM (SELECT '/etc/hostname')`],
    ['in a subquery', `SELECT * FROM (SELECT file('/etc/hostname'))`],
    ['in WITH', `WITH (x -> file(x)) AS f SELECT f('/etc/hostname')`],
    ['explained', `EXPLAIN SELECT file('/etc/hostname')`],
    ['as a table', `SELECT * FROM file('/etc/hostname', 'LineAsString')`],
    ['as a described table', `DESCRIBE TABLE file('/etc/hostname', 'LineAsString')`],
  ])('may not read a file, %s', async (_name, sql) => {
    await expect(reader.untrusted(sql)).rejects.toMatchObject({ code: 'TF_QUERY' });
  });

  test('may not read the secrets of the engine', async () => {
    const secrets = join(server.home, 'run', 'engine.json');
    await expect(reader.untrusted(`SELECT file('${secrets}')`)).rejects.toMatchObject({ code: 'TF_QUERY' });
    const lines = reader.query(`SELECT * FROM file('${secrets}', 'LineAsString')`);
    await expect(lines).rejects.toMatchObject({ code: ACCESS_DENIED });
  });

  test.each([
    [`SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')`, ACCESS_DENIED],
    [`DESCRIBE TABLE url('http://127.0.0.1:1/', 'LineAsString')`, ACCESS_DENIED],
    [`SELECT * FROM remote('127.0.0.1', system, one)`, ACCESS_DENIED],
    [`SELECT * FROM s3('http://127.0.0.1:1/bucket/key.csv', 'CSV')`, ACCESS_DENIED],
    [`SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')`, ACCESS_DENIED],
    [`SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')`, ACCESS_DENIED],
    [`SELECT * FROM sqlite('/tmp/x', 'y')`, ACCESS_DENIED],
    [`SELECT * FROM icebergLocal('/tmp/x')`, ACCESS_DENIED],
    [`SELECT * FROM executable('ls', TSV, 'a String')`, ACCESS_DENIED],
    ['SELECT * FROM system.processes', ACCESS_DENIED],
    ['SELECT * FROM system.users', ACCESS_DENIED],
    ['SELECT * FROM system.server_settings', ACCESS_DENIED],
    [`SELECT 1 SETTINGS readonly = 0`, READONLY],
    [`SELECT 1 SETTINGS max_execution_time = 0`, READONLY],
  ])('may not be %s', async (sql, code) => {
    await expect(reader.untrusted(sql)).rejects.toMatchObject({ code });
  });

  test.each([
    ['KILL QUERY WHERE 1', ACCESS_DENIED],
    ['SET readonly = 0', READONLY],
    ['INSERT INTO events (account) VALUES (1)', ACCESS_DENIED],
    ['DROP TABLE events', ACCESS_DENIED],
    ['CREATE TEMPORARY TABLE t (a UInt8)', ACCESS_DENIED],
    ['SYSTEM STOP LISTEN HTTP', ACCESS_DENIED],
    [`BACKUP DATABASE trackflow TO File('/tmp/x')`, ACCESS_DENIED],
  ])('may not be %s, even unchecked', async (sql, code) => {
    await expect(reader.command(sql)).rejects.toMatchObject({ code });
  });

  test('may not write a file', async () => {
    const target = join(server.home, 'out');
    await expect(reader.command(`SELECT 1 INTO OUTFILE '${target}'`)).rejects.toMatchObject({ code: OUTFILE });
    await expect(reader.untrusted(`SELECT 1 INTO OUTFILE '${target}'`)).rejects.toThrow();
    expect(existsSync(target)).toBe(false);
  });

  test.each(['SELECT 1; SELECT 2', 'SELECT 1 FORMAT CSV', `file('/etc/hostname')`, '', 'SELEC'])(
    'must be one statement without a format: %j',
    async (sql) => {
      await expect(reader.untrusted(sql)).rejects.toMatchObject({ code: 62, name: 'SYNTAX_ERROR' });
    },
  );
});

describe('without our password', () => {
  test.each([
    ['nobody', undefined],
    ['default', 'default:'],
    ['the writer without password', 'trackflow:'],
    ['the reader without password', 'reader:'],
  ])('%s does not get in', async (_name, credentials) => {
    const headers = credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` };
    const answer = await fetch(server.endpoint.url, { method: 'POST', body: 'SELECT 1', headers });
    expect(answer.ok).toBe(false);
    expect(await answer.text()).toMatch(/USER_SESSION_LIMIT_EXCEEDED|AUTHENTICATION_FAILED/);
  });
});
