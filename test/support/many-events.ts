import fs from 'node:fs';
import path from 'node:path';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';

/** Rows of one insert: properties of many keys take memory. */
const ROWS_PER_INSERT = 100_000;

/** The first rows have properties of many kinds, which take time. */
const RICH_ROWS = 5_000;

/**
 * Fills `events` around the collector with rows like those of a site, over four months: numbers `from` to below `to`, a
 * thousand to a batch. About 0.4 s for 100,000.
 */
export async function storeMany(endpoint: Endpoint, from: number, to: number): Promise<void> {
  for (let begin = from; begin < to; begin += ROWS_PER_INSERT) {
    await execute(endpoint, insertion(begin, Math.min(ROWS_PER_INSERT, to - begin)));
  }
}

/** Runs a statement as the writer; its answer is text. */
export async function execute({ url, database, writer }: Endpoint, sql: string): Promise<string> {
  const headers = { 'X-ClickHouse-User': writer.user, 'X-ClickHouse-Key': writer.password };
  const answer = await fetch(`${url}/?database=${database}&async_insert=0`, { method: 'POST', headers, body: sql });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text.trim();
}

function insertion(begin: number, count: number): string {
  return `INSERT INTO events
    (event_id, account, name, visitor_id, session_id, user_id, occurred_at, received_at, url, path, title, country, revenue,
     properties, batch)
    SELECT generateUUIDv4(), 'many', ['pageview', 'click', 'signup'][number % 3 + 1], 'v' || toString(number % 5000),
      's' || toString(number % 9000), toString(number), toDateTime64('2026-10-15 12:00:00', 3, 'UTC') - (number % 100) * 86400,
      now64(3), 'https://shop.example/' || toString(number % 700), '/' || toString(number % 700), 'Title ' || toString(number % 700),
      ['DE', 'FR', 'US', ''][number % 4 + 1], (number % 7) / 4,
      if(number < ${RICH_ROWS},
        '{"n":' || toString(number) || ',"at":"2026-01-01 00:00:00","list":[1,{"a":null}],"k' || toString(number % 40) || '":true}',
        '{"n":' || toString(number) || ',"plan":"pro"}'),
      intDiv(number, 1000) + 1
    FROM numbers(${begin}, ${count})`;
}

/** The engine that the daemon of a home runs, as its files tell. */
export function endpointOf(home: string): Endpoint {
  const file = JSON.parse(fs.readFileSync(path.join(home, 'run/engine.json'), 'utf8')) as {
    httpPort: number;
    writerPassword: string;
    readerPassword: string;
  };
  return {
    url: `http://127.0.0.1:${file.httpPort}`,
    database: 'trackflow',
    writer: { user: 'trackflow', password: file.writerPassword },
    reader: { user: 'reader', password: file.readerPassword },
  };
}
