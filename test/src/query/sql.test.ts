import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseReader } from '../../../src/query/clickhouse-reader.ts';
import { SQL_BYTES_MAX } from '../../../src/query/sql.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { event, store } from './stored-events.ts';

let clickhouse: TestEngine;
let reader: ClickHouseReader;

beforeAll(async () => {
  clickhouse = await startEngine();
  reader = new ClickHouseReader(clickhouse.endpoint, TEST_LIMITS);
  const at = Date.parse('2026-06-30T12:00:00Z');
  await store(clickhouse.endpoint, [
    event(1, { occurred_at: at, name: 'signup' }),
    event(2, { occurred_at: at, name: 'x' }),
  ]);
});

afterAll(async () => {
  await reader.close();
  await clickhouse.stop();
});

describe('SQL that a person typed', () => {
  it('is answered with its columns in order and rows by name', async () => {
    expect(await reader.sql('SELECT name, count() AS n FROM events GROUP BY name ORDER BY name')).toEqual({
      columns: [
        { name: 'name', type: 'LowCardinality(String)' },
        { name: 'n', type: 'UInt64' },
      ],
      rows: [
        { name: 'signup', n: 1 },
        { name: 'x', n: 1 },
      ],
    });
  });

  it('is refused with where it is wrong, and nothing of how that was found', async () => {
    const refused = reader.sql('SELECT');
    await expect(refused).rejects.toMatchObject({ code: 'TF_QUERY' });
    await expect(refused).rejects.toThrow(/^ClickHouse refused the statement: Syntax error(?!.*formatQuery)/s);
  });

  it.each([
    'SELECT 1;',
    '  select 1 ; \n;',
    '-- how many\nSELECT 1 -- one',
    '/* a */ SELECT 1',
    '(SELECT 1)',
    'WITH 1 AS one SELECT one',
    'FROM events SELECT name',
    'SHOW TABLES',
    'DESCRIBE TABLE events',
    'DESC events',
    'EXPLAIN SELECT 1',
    'EXISTS TABLE events',
    "SELECT ';' AS a",
  ])('may be %j', async (sql) => {
    expect((await reader.sql(sql)).rows.length).toBeGreaterThan(0);
  });

  it('keeps every digit that a JSON number would lose, as text', async () => {
    const { rows } = await reader.sql(`SELECT toUInt64(18446744073709551615) AS big, toInt64(-9007199254740993) AS low,
      toInt64(9007199254740991) AS safe, toDecimal64('123456789012.3456', 4) AS price, toDecimal128('1.5', 18) AS half,
      toDecimal128('12345678901234567.891', 3) AS wide, 0.1 AS tenth, 1e300 AS huge, nan AS none, [toUInt64(18446744073709551615), 1] AS list`);
    expect(rows).toEqual([
      {
        big: '18446744073709551615',
        low: '-9007199254740993',
        safe: 9_007_199_254_740_991,
        price: 123_456_789_012.3456,
        half: 1.5,
        wide: '12345678901234567.891',
        tenth: 0.1,
        huge: 1e300,
        none: null,
        list: ['18446744073709551615', 1],
      },
    ]);
  });

  it.each([
    '',
    ' -- nothing',
    'INSERT INTO events (name) VALUES (1)',
    'DROP TABLE events',
    'ALTER TABLE events DELETE WHERE 1',
    'TRUNCATE TABLE events',
    'KILL QUERY WHERE 1',
    'SYSTEM STOP MERGES',
    'SET max_result_rows = 0',
    'OPTIMIZE TABLE events',
    'USE system',
    'GRANT ALL ON *.* TO default',
    "BACKUP DATABASE trackflow TO File('x')",
    '(DROP TABLE events)',
    '/* SELECT */ DROP TABLE events',
    '-- SELECT\nDROP TABLE events',
  ])('is refused before it is sent when it does not read: %j', async (sql) => {
    await expect(reader.sql(sql)).rejects.toMatchObject({
      code: 'TF_QUERY',
      message: /it has to begin with one of SELECT/,
    });
  });

  it.each([
    'SELECT 1; DROP TABLE events',
    'SELECT 1; SELECT 2',
    "SELECT 1 INTO OUTFILE '/tmp/trackflow-out'",
    'SELECT 1 FORMAT CSV',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1 SETTINGS max_result_rows = 0',
    "SELECT file('/etc/hostname')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    'WITH 1 AS x INSERT INTO events (name) SELECT x',
    'EXPLAIN AST DROP TABLE events; DROP TABLE events',
    'SELECT nothing FROM events',
    'SELECT',
  ])('is refused by ClickHouse: %s', async (sql) => {
    await expect(reader.sql(sql)).rejects.toMatchObject({ code: 'TF_QUERY' });
    expect(await clickhouse.query('SELECT count() AS rows FROM events')).toEqual([{ rows: 2 }]);
  });

  it('is whole or an error that names the limit, never cut', async () => {
    const max = TEST_LIMITS.rowsMax;
    expect((await reader.sql(`SELECT number FROM numbers(${max})`)).rows).toHaveLength(max);
    await expect(reader.sql(`SELECT number FROM numbers(${max + 1})`)).rejects.toMatchObject({
      code: 'TF_QUERY',
      message: `the answer is over ${max} rows or ${TEST_LIMITS.bytesMax} bytes (query.rowsMax, query.bytesMax)`,
    });
    await expect(reader.sql("SELECT repeat('x', 100000) AS a FROM numbers(1000)")).rejects.toMatchObject({
      code: 'TF_QUERY',
      message: /is over/,
    });
  });

  it('is stopped at the limit of memory', async () => {
    await expect(
      reader.sql('SELECT count() FROM (SELECT number FROM numbers(100000000) GROUP BY number)'),
    ).rejects.toMatchObject({ code: 'TF_QUERY', message: /bytes of memory \(query\.memoryBytesMax\)/ });
  });

  it('may be as long as the limit, whatever it holds', async () => {
    for (const text of ['\\\\', "''", 'é', '%']) {
      const long = text.repeat(Math.floor((SQL_BYTES_MAX - 20) / Buffer.byteLength(text)));
      expect((await reader.sql(`SELECT '${long}' AS a`)).rows).toHaveLength(1);
    }
    await expect(reader.sql(`SELECT '${'x'.repeat(SQL_BYTES_MAX)}'`)).rejects.toMatchObject({
      message: /the most is 16384/,
    });
  });

  it('may not give two columns one name', async () => {
    await expect(reader.sql('SELECT name, name FROM events')).rejects.toMatchObject({
      message: 'two columns are called "name"',
    });
  });
});

describe('a reader', () => {
  it('says TF_TIMEOUT when its time is up and TF_ENGINE_UNAVAILABLE when nobody answers', async () => {
    const hasty = new ClickHouseReader(
      { ...clickhouse.endpoint, reader: clickhouse.endpoint.writer },
      { ...TEST_LIMITS, timeoutMs: 1_000 },
    );
    await expect(hasty.sql('SELECT sum(sleepEachRow(0.5)) FROM numbers(20)')).rejects.toMatchObject({
      code: 'TF_TIMEOUT',
      message: /1000 ms/,
    });
    await hasty.close();
    const lost = new ClickHouseReader({ ...clickhouse.endpoint, url: 'http://127.0.0.1:1' }, TEST_LIMITS);
    await expect(lost.query('SELECT 1', {})).rejects.toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE' });
    await lost.close();
    const stranger = { user: 'nobody', password: 'wrong' };
    const refused = new ClickHouseReader({ ...clickhouse.endpoint, reader: stranger }, TEST_LIMITS);
    await expect(refused.query('SELECT 1', {})).rejects.toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE' });
    await refused.close();
  });

  it('calls a refused statement of ours a defect', async () => {
    await expect(reader.query('SELECT nothing FROM events', {})).rejects.toMatchObject({ code: 'TF_FAILED' });
  });
});
