/**
 * What PostgreSQL as the store costs, beside ClickHouse: batches in, questions out. Prints the table of test/bench/README.md.
 *
 *     node test/bench/store.ts [millions of rows]
 */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { ClickHouseTarget } from '../../daemon/flush/clickhouse-target.ts';
import type { LaneTarget } from '../../daemon/flush/lane-target.ts';
import { PostgresTarget } from '../../daemon/flush/postgres/postgres-target.ts';
import { TABLES } from '../../src/event/tables.ts';
import { parseAddress } from '../../src/migrate/postgres/address.ts';
import { storeMigrations } from '../../src/postgres/schema.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { endpointOf, execute } from '../support/many-events.ts';
import { startPostgres } from '../support/postgres.ts';
import { blockOf, type RowValues } from '../support/store-rows.ts';

const ROWS = Number(process.argv[2] ?? 1) * 1_000_000;
const BATCH = 100_000;
const BEGUN = Date.now() - 30 * 86_400_000;
/** Milliseconds between two events: thirty days, evenly. */
const STEP = (30 * 86_400_000) / ROWS;

await using server = await startPostgres(18, {
  settings: { fsync: 'on', shared_buffers: '512MB', max_wal_size: '4GB' },
});
const settings = { 'query.timeoutMs': 300_000 };
await using clickhouse = await startDaemon({ settings });
await using postgres = await startDaemon({ settings: { ...settings, 'store.url': server.url } });

const table = { name: 'events', id: TABLES.events.id, time: TABLES.events.time };
const access = { address: parseAddress(server.url).address, password: null, caFile: null };
const targets: readonly (readonly [string, LaneTarget, TestDaemon])[] = [
  ['ClickHouse', new ClickHouseTarget({ table, timeoutMs: 120_000 }), clickhouse],
  ['PostgreSQL', new PostgresTarget({ access, table, timeoutMs: 120_000, migrations: storeMigrations() }), postgres],
];
for (const [name, target, daemon] of targets) {
  target.use(endpointOf(daemon.home));
  let ms = 0;
  for (let first = 0; first < ROWS; first += BATCH) {
    const block = blockOf(
      'events',
      BigInt(first / BATCH + 1),
      Array.from({ length: BATCH }, (_, n) => eventOf(first + n)),
    );
    const begun = performance.now();
    const outcome = await target.insert(block, randomUUID());
    ms += performance.now() - begun;
    if (outcome.seen !== 'stored') throw new Error(JSON.stringify(outcome));
  }
  print(`${name}: ${Math.round((ROWS / ms) * 1_000).toLocaleString('en')} rows a second into it`);
  await target.close();
}
const columns = TABLES.events.columns.map(({ name }) => name);
await server.query('CREATE TABLE trackflow.by_engine (LIKE trackflow.events INCLUDING ALL)');
// It would be given a number of its own making.
await server.query('ALTER TABLE trackflow.by_engine DROP COLUMN id');
const begun = performance.now();
await execute(
  endpointOf(clickhouse.home),
  `INSERT INTO FUNCTION postgresql('127.0.0.1:${server.port}', 'test', 'by_engine', 'postgres', '', 'trackflow')
   (${columns.join(', ')}, batch)
   SELECT ${columns.map((name) => (name === 'properties' ? 'toJSONString(properties)' : name)).join(', ')}, batch FROM events`,
);
print(
  `through ClickHouse's engine PostgreSQL: ${Math.round((ROWS / (performance.now() - begun)) * 1_000).toLocaleString('en')} rows a second`,
);
await server.query('DROP TABLE trackflow.by_engine');
await server.query('VACUUM ANALYZE trackflow.events');
const [size] = await server.query<{ bytes: string }>(`SELECT pg_total_relation_size('trackflow.events') AS bytes`);
print(`PostgreSQL: ${(Number(size!.bytes) / ROWS).toFixed(0)} bytes a row`);

const QUESTIONS = {
  'totals of a day': '/v1/stats/totals?period=24h&metrics=events,visitors',
  'totals of 30 days': '/v1/stats/totals?period=31d&metrics=events,visitors',
  'top pages of 30 days': '/v1/stats/top?period=31d&dimension=path',
  'top plans of 30 days': '/v1/stats/top?period=31d&dimension=properties.plan',
  activities: '/activities?limit=100',
  'activities of one user': '/activities?limit=100&user_id=user-17',
};
for (const [name, target] of Object.entries(QUESTIONS)) {
  const [ch, pg] = [await timed(clickhouse, target), await timed(postgres, target)];
  print(`${name}: ${ch} ms, ${pg} ms`);
}
const sql = `SELECT count() FROM events WHERE name = 'signup'`;
print(`typed SQL over all rows: ${await typed(clickhouse, sql)} ms, ${await typed(postgres, sql)} ms`);

function eventOf(n: number): RowValues {
  const at = Math.floor(BEGUN + n * STEP);
  return {
    event_id: randomUUID(),
    account: ['shop', 'blog', 'app'][n % 3]!,
    name: ['pageview', 'click', 'signup'][(n % 7) % 3]!,
    visitor_id: `visitor-${n % 20_000}`,
    session_id: `session-${n % 60_000}`,
    user_id: n % 10 === 0 ? `user-${n % 1_000}` : '',
    occurred_at: at,
    received_at: at + 300,
    url: `https://shop.example/p/${n % 500}?utm_source=news`,
    host: 'shop.example',
    path: `/p/${n % 500}`,
    title: `Page ${n % 500}`,
    browser: 'Firefox',
    os: 'Linux',
    device: 'desktop',
    country: 'DE',
    currency: 'EUR',
    properties: `{"plan":"${['pro', 'free'][n % 2]}","n":${n}}`,
  };
}

/** The median of five. */
async function timed(daemon: TestDaemon, target: string): Promise<number> {
  return median(async () => {
    const answer = await fetch(daemon.url + target);
    if (!answer.ok) throw new Error(`${target}: ${await answer.text()}`);
    await answer.arrayBuffer();
  });
}

function typed(daemon: TestDaemon, sql: string): Promise<number> {
  return median(async () => void (await daemon.query(sql)));
}

async function median(work: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < 5; run++) {
    const begun = performance.now();
    await work();
    took.push(performance.now() - begun);
  }
  return Math.round(took.sort((a, b) => a - b)[2]!);
}

function print(line: string): void {
  fs.writeSync(1, `${line}\n`);
}
