import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlStream } from '../../../src/query/sql-stream.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';

let clickhouse: TestEngine;
let stream: SqlStream;
beforeAll(async () => {
  clickhouse = await startEngine();
  stream = new SqlStream(clickhouse.endpoint, TEST_LIMITS);
});
afterAll(async () => {
  await stream.close();
  await clickhouse.stop();
});

const live = () => new AbortController().signal;
const run = (sql: string, write = false, signal = live()) => stream.run(sql, { write, signal });

async function all(sql: string, write = false): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of run(sql, write)) parts.push(part);
  return parts;
}

describe('the answer to a statement', () => {
  it('is its columns, then its rows as ClickHouse wrote them', async () => {
    expect(await all("SELECT 18446744073709551615 AS big, 'a\nb' AS text")).toEqual([
      [
        { name: 'big', type: 'UInt64' },
        { name: 'text', type: 'String' },
      ],
      '[18446744073709551615, "a\\nb"]',
    ]);
    expect(await all('SELECT 1 AS n WHERE 0')).toEqual([[{ name: 'n', type: 'UInt8' }]]);
  });

  it('has no columns where the statement has no answer', async () => {
    expect(await all('CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a', true)).toEqual([[]]);
    expect(await all('INSERT INTO t VALUES (1), (2)', true)).toEqual([[]]);
    expect(await all('SELECT sum(a) AS s FROM t')).toEqual([[{ name: 's', type: 'UInt64' }], '[3]']);
  });

  it.each([
    ['DROP TABLE events', 'not a statement that reads'],
    ["SELECT file('/etc/passwd')", 'file\\(\\) is not allowed'],
    ['SELECT 1 AS a, 1 AS a', 'two columns are called "a"'],
    ['SELECT 1 FORMAT CSV', 'leave FORMAT out'],
    ['SELECT number FROM numbers(20000)', 'query.rowsMax'],
    ['SELECT nonsense', 'nonsense'],
  ])('is refused to a reader: %s', async (sql, why) => {
    await expect(all(sql)).rejects.toMatchObject({ code: 'TF_QUERY', message: expect.stringMatching(why) });
  });

  it('of a writer ends with the error that comes before or after rows, never as if it were whole', async () => {
    const early = all('SELECT throwIf(number = 1000) FROM numbers(2000)', true);
    await expect(early).rejects.toMatchObject({ code: 'TF_QUERY', message: expect.stringContaining('non-zero') });
    let seen = 0;
    const late = (async () => {
      for await (const _ of run('SELECT throwIf(number = 3000000) FROM numbers(4000000)', true)) seen++;
    })();
    // The words of ClickHouse may be lost with the connection that it cuts.
    await expect(late).rejects.toMatchObject({ code: expect.stringMatching(/^TF_(QUERY|ENGINE_UNAVAILABLE)$/) });
    expect(seen).toBeGreaterThan(1_000);
  });

  it('is not read further when nobody wants more, and its statement ends', async () => {
    const controller = new AbortController();
    const rows = run("SELECT number, repeat('x', 100) FROM system.numbers", true, controller.signal);
    for (let n = 0; n < 1_000; n++) await rows.next();
    controller.abort();
    await expect(
      (async () => {
        for await (const _ of rows);
      })(),
    ).rejects.toThrow();
    await until(async () => {
      const running = await clickhouse.query(
        "SELECT 1 FROM system.processes WHERE query LIKE '%system.numbers%' AND query NOT LIKE '%processes%'",
      );
      return running.length === 0;
    }, 20_000);
  });
});
