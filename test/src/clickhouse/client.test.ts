import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClickHouse, ClickHouseError, ConnectionError, openClickHouse } from '../../../src/clickhouse/client.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { nativeBlock, stringValue, uint64Value } from '../../support/native.ts';
import { until } from '../../support/until.ts';

let server: TestEngine;
let writer: ClickHouse;
let reader: ClickHouse;

beforeAll(async () => {
  server = await startEngine();
  writer = openClickHouse(server.endpoint, 'writer');
  reader = openClickHouse(server.endpoint, 'reader', TEST_LIMITS);
  await writer.command(
    'CREATE TABLE numbered (n UInt64, batch UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  );
});

afterAll(async () => {
  await writer.close();
  await reader.close();
  await server.stop();
});

function block(batch: number, rows = 3): Buffer {
  return nativeBlock([
    { name: 'n', type: 'UInt64', values: Array.from({ length: rows }, (_, n) => uint64Value(n)) },
    { name: 'batch', type: 'UInt64', values: Array.from({ length: rows }, () => uint64Value(batch)) },
  ]);
}

async function stored(batch: number): Promise<number> {
  const [row] = await writer.query<{ rows: number }>(
    'SELECT count() AS rows FROM numbered WHERE batch = {batch:UInt64}',
    { batch },
  );
  return row!.rows;
}

describe('a read', () => {
  test('binds its parameters, so that text is never SQL', async () => {
    const hostile = `x'; DROP TABLE numbered; --`;
    expect(await reader.query('SELECT {text:String} AS text', { text: hostile })).toEqual([{ text: hostile }]);
  });

  test('gives times as ISO text, 64-bit numbers as numbers and what is no number as null', async () => {
    const sql = `SELECT toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') AS at, toUInt64(9) AS n, nan AS x`;
    expect(await reader.table(sql)).toEqual({
      columns: [
        { name: 'at', type: `DateTime64(3, 'UTC')` },
        { name: 'n', type: 'UInt64' },
        { name: 'x', type: 'Float64' },
      ],
      rows: [['2026-01-02T03:04:05.678Z', 9, null]],
    });
    expect(await writer.query(sql)).toEqual([{ at: '2026-01-02T03:04:05.678Z', n: 9, x: null }]);
  });

  test('fails with the number and name of ClickHouse', async () => {
    const failure = reader.query('SELECT * FROM nowhere');
    await expect(failure).rejects.toBeInstanceOf(ClickHouseError);
    await expect(failure).rejects.toMatchObject({ code: 60, name: 'UNKNOWN_TABLE' });
  });

  test('fails above its rows, given for all reads or for one', async () => {
    await expect(reader.query('SELECT number FROM numbers(200000)')).rejects.toMatchObject({ code: 396 });
    const few = reader.query('SELECT number FROM numbers(5)', {}, { rowsMax: 4 });
    await expect(few).rejects.toMatchObject({ code: 396 });
  });

  test('fails with an error that comes late, instead of giving half an answer', async () => {
    const late = `SELECT throwIf(number = 9000, 'late') FROM numbers(9001) SETTINGS max_block_size = 100`;
    await expect(writer.query(late)).rejects.toMatchObject({ code: 395 });
  });

  test('gives up at its deadline and when told to, without knowing the outcome', async () => {
    const slow = reader.query('SELECT sleep(3)', {}, { timeoutMs: 50 });
    await expect(slow).rejects.toBeInstanceOf(ConnectionError);
    await expect(slow).rejects.toMatchObject({ timedOut: true });
    const abort = new AbortController();
    const given = reader.query('SELECT sleep(3)', {}, { signal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ name: 'ConnectionError', timedOut: false });
  });
});

describe('an insert', () => {
  test('stores several blocks of one body as one part', async () => {
    const body = Buffer.concat([block(1), block(1), block(1)]);
    expect(await writer.insertNative('numbered', body, { token: 'one' })).toEqual({ writtenRows: 9 });
    expect(await stored(1)).toBe(9);
    const parts = await writer.query(`SELECT rows FROM system.parts WHERE table = 'numbered' AND rows = 9`);
    expect(parts).toHaveLength(1);
  });

  test('stores nothing twice under one token', async () => {
    await writer.insertNative('numbered', block(2), { token: 'two' });
    await writer.insertNative('numbered', block(2), { token: 'two' });
    expect(await stored(2)).toBe(3);
  });

  test('converts text to JSON and leaves strings that look like times alone', async () => {
    const properties = '{"at":"2026-01-01 00:00:00.123","a.b":1,"a":{"b":2}}';
    const json = { name: 'properties', type: 'JSON(max_dynamic_paths = 256)' };
    const body = nativeBlock([
      { name: 'account', type: 'String', values: [stringValue('native-json')] },
      // The column opens with the version of its form: 1 is text.
      { ...json, values: [Buffer.concat([uint64Value(1), stringValue(properties)])] },
    ]);
    await writer.insertNative('events', body, { token: 'json' });
    const rows = await reader.query(`SELECT toString(properties) AS p FROM events WHERE account = 'native-json'`);
    expect(rows).toEqual([{ p: '{"a":{"b":1},"at":"2026-01-01 00:00:00.123"}' }]);
  });

  test('refuses bad data with an error of ClickHouse and stores none of it', async () => {
    const wrong = nativeBlock([{ name: 'n', type: 'String', values: [stringValue('x')] }]);
    const failure = writer.insertNative('numbered', wrong, { token: 'wrong' });
    await expect(failure).rejects.toBeInstanceOf(ClickHouseError);
  });

  test.each([
    ['with its length', true],
    ['without its length', false],
  ])('stores nothing of a stream that breaks between two blocks, %s', async (_name, sized) => {
    const batch = sized ? 11 : 12;
    async function* broken() {
      yield block(batch, 1_000);
      yield block(batch, 1_000);
      throw new Error('the source broke');
    }
    const length = sized ? { contentLength: block(batch, 1_000).length * 3 } : {};
    const failure = writer.insertNative('numbered', broken(), { token: `broken ${batch}`, ...length });
    await expect(failure).rejects.toBeInstanceOf(ConnectionError);
    await until(async () => (await running('INSERT INTO `numbered`')) === 0, 5_000);
    expect(await stored(batch)).toBe(0);
  });

  test('has an unknown outcome when the answer is lost, though the rows are stored', async () => {
    const { url, close } = await proxyThatEatsAnswers(Number(new URL(server.endpoint.url).port));
    const cut = openClickHouse({ ...server.endpoint, url }, 'writer');
    try {
      await expect(cut.insertNative('numbered', block(20), { token: 'lost' })).rejects.toBeInstanceOf(ConnectionError);
      expect(await stored(20)).toBe(3);
    } finally {
      await cut.close();
      close();
    }
  });
});

test('a ping tells whether the server is there and never rejects', async () => {
  expect(await writer.ping()).toBe(true);
  const nobody = openClickHouse({ ...server.endpoint, url: 'http://127.0.0.1:1' }, 'writer');
  expect(await nobody.ping()).toBe(false);
  await expect(nobody.query('SELECT 1')).rejects.toBeInstanceOf(ConnectionError);
  await nobody.close();
});

test('an answer that does not come from ClickHouse leaves the outcome unknown', async () => {
  const page = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>'));
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as { port: number };
  const client = openClickHouse({ ...server.endpoint, url: `http://127.0.0.1:${port}` }, 'writer');
  await expect(client.command('SELECT 1')).rejects.toBeInstanceOf(ConnectionError);
  await client.close();
  page.close();
});

async function running(query: string): Promise<number> {
  const [row] = await writer.query<{ n: number }>(
    'SELECT count() AS n FROM system.processes WHERE startsWith(query, {query:String})',
    { query },
  );
  return row!.n;
}

/** Hands requests on and drops the connection as soon as the server answers. */
async function proxyThatEatsAnswers(port: number): Promise<{ url: string; close: () => void }> {
  const proxy = createServer((client: Socket) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.once('data', () => {
      client.destroy();
      upstream.destroy();
    });
    client.on('error', () => {});
    upstream.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`, close: () => proxy.close() };
}
