import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { hasOpenssl, selfSignedFiles } from '../support/openssl.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** The same traffic into two daemons, one whose events ClickHouse keeps and one whose events PostgreSQL keeps. */
const PASSWORD = 'Pg&"<zebra42>\'1';
const DAY_MS = 86_400_000;

/** Who must bring a password: everybody but the superuser. */
let rules: string;
let server: TestPostgres;
let clickhouse: TestDaemon;
let postgres: TestDaemon;

beforeAll(async () => {
  rules = fs.mkdtempSync(path.join(tmpdir(), 'trackflow-hba-'));
  fs.chmodSync(rules, 0o755);
  const all = ['postgres', 'all'].map(
    (user, index) => `host all ${user} 127.0.0.1/32 ${['trust', 'scram-sha-256'][index]}\n`,
  );
  fs.writeFileSync(path.join(rules, 'pg_hba.conf'), all.join(''));
  const certificate = hasOpenssl() ? selfSignedFiles(path.join(rules, 'server')) : undefined;
  server = await startPostgres(18, {
    settings: { hba_file: path.join(rules, 'pg_hba.conf') },
    ...(certificate && { certificate }),
  });
  // On a busy machine an answer may take its time.
  const settings = { 'query.timeoutMs': 120_000 };
  clickhouse = await startDaemon({ settings });
  postgres = await startDaemon({ settings: { ...settings, 'store.url': server.url } });
  for (const daemon of [clickhouse, postgres]) {
    for (let first = 0; first < 600; first += 200) {
      const answer = await daemon.post(Array.from({ length: 200 }, (_, n) => eventOf(first + n)));
      expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: 200 }]);
    }
    const paid = await daemon.post(
      { oid: 'shop', uid: 'user-3', amt: '12.5', currency: 'EUR', orid: 'o1', paid_at: '2026-01-02T03:04:05Z' },
      { path: '/tr/v1/ltv/' },
    );
    expect(paid.status).toBe(200);
    await daemon.drained();
  }
}, 300_000);

afterAll(async () => {
  await clickhouse?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  fs.rmSync(rules, { recursive: true, force: true });
});

const NOW = Date.now();
const PLANS = ['pro', 'free', 'it\'s \\ "x"', '2024-01-01T10:00:00Z', 'ünï'];

function eventOf(n: number): object {
  return {
    event_id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    name: ['pageview', 'click', 'signup'][n % 3],
    account: ['shop', "bl'og\\"][n % 2],
    user_id: n % 4 === 0 ? '' : `user-${n % 7}`,
    visitor_id: `visitor-${n % 90}`,
    session_id: `session-${n % 150}`,
    // Beyond a month, an hour, a second.
    occurred_at: new Date(NOW - (n % 50) * DAY_MS - n * 1_001).toISOString(),
    url: `https://shop.example/p/${n % 20}?utm_source=news`,
    referrer: n % 5 === 0 ? 'https://search.example/' : '',
    revenue: n % 6 === 0 ? n / 8 : 0,
    currency: 'EUR',
    properties: {
      plan: PLANS[n % PLANS.length],
      n,
      big: 1e30,
      deep: { list: [1, 'x', { a: null }], yes: n % 2 === 0 },
    },
  };
}

async function answers(target: string): Promise<unknown[]> {
  return Promise.all(
    [clickhouse, postgres].map(async (daemon) => {
      const answer = await fetch(daemon.url + target);
      return { target, status: answer.status, body: await answer.json() };
    }),
  );
}

describe('the same is answered as with ClickHouse', () => {
  const dimensions = [
    'name',
    'path',
    'referrer_host',
    'utm_source',
    'properties.plan',
    'properties.deep.yes',
    'browser',
  ];
  test.each([
    '/v1/stats/totals?period=90d&metrics=events,visitors,sessions,pageviews,revenue',
    '/v1/stats/totals?period=30d&account=shop&metrics=events,visitors,revenue',
    `/v1/stats/totals?period=30d&account=${encodeURIComponent("bl'og\\")}`,
    '/v1/stats/totals?period=7d&bots=include',
    '/v1/stats/timeseries?period=90d&interval=day&metrics=events,revenue',
    '/v1/stats/timeseries?period=7d&interval=hour&timezone=Europe/Berlin',
    `/v1/stats/totals?period=90d&filter=${encodeURIComponent('properties.plan:is:pro,2024-01-01T10:00:00Z')}`,
    `/v1/stats/totals?period=90d&filter=${encodeURIComponent(`properties.plan:contains:it's`)}`,
    '/v1/stats/totals?period=90d&filter=name:is_not:click',
    ...dimensions.map((dimension) => `/v1/stats/top?period=90d&metrics=events,visitors&dimension=${dimension}`),
    '/v1/ltv?uid=user-3&account=shop',
  ])('%s', async (target) => {
    const [expected, found] = (await answers(target)) as { status: number; body: { period?: unknown } }[];
    expect(expected!.status).toBe(200);
    // Each asks at a moment of its own.
    const { period: _, ...rest } = expected!.body;
    expect(found).toMatchObject({ status: 200, body: rest });
  });

  test.each(['', 'account=shop&', 'user_id=user-3&', 'action=signup&', `from=${NOW - 3_600_000}&`])(
    '/activities?%s page by page',
    async (filter) => {
      const [expected, found] = await Promise.all([clickhouse, postgres].map((daemon) => pages(daemon, filter)));
      expect(expected!.length).toBeGreaterThan(0);
      expect(found).toEqual(expected);
    },
  );

  test('typed SQL', async () => {
    const sql = `SELECT account, toDate(occurred_at) AS day, count() AS events, uniqExact(visitor_hash) AS visitors,
      sum(revenue) AS revenue, groupBitXor(cityHash64(toString(event_id), url, properties.n::Int64, toJSONString(properties))) AS hash
      FROM events GROUP BY account, day ORDER BY account, day`;
    const [expected, found] = await Promise.all([clickhouse, postgres].map((daemon) => daemon.query(sql)));
    expect(expected).not.toHaveLength(0);
    expect(found).toEqual(expected);
  });

  test.each([
    `SELECT * FROM postgresql(trackflow_store, schema = 'trackflow', table = 'batches')`,
    `SELECT * FROM postgresql('127.0.0.1:1', 'test', 'x', 'u', 'p')`,
    'INSERT INTO events_rows (name) VALUES (1)',
    'DROP VIEW events',
    'SELECT collection FROM system.named_collections',
  ])('no more than reading what there is: %s', async (sql) => {
    const answer = await postgres.query(sql).catch((error: Error) => error.message);
    // Whoever may not see a collection sees none.
    expect(JSON.stringify(answer)).toMatch(/not a statement that reads|refused|only|\[\]/);
  });

  test('the totals of status, and the tables that the dashboard shows', async () => {
    const [expected, found] = await Promise.all([clickhouse, postgres].map((daemon) => daemon.status()));
    expect(found!.events).toEqual(expected!.events);
    expect(found!.tables).toEqual(expected!.tables);
    expect(found!.health).toBe('ok');
    expect(found!.store).toEqual({ kind: 'postgres', url: server.url });
    await postgres.until(async () => {
      const metrics = await postgres.control.metrics();
      return /^trackflow_engine_table_rows 600$/m.test(metrics) && !/^trackflow_engine_table_bytes 0$/m.test(metrics);
    });
  });
});

/** Without the moment of receipt, which differs; in the order in which they came. */
async function pages(daemon: TestDaemon, filter: string): Promise<unknown[]> {
  const found: Record<string, unknown>[] = [];
  let target = `/activities?${filter}limit=130`;
  for (;;) {
    const answer = await fetch(daemon.url + target);
    found.push(...((await answer.json()) as Record<string, unknown>[]));
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    if (next === undefined) break;
    target = next.startsWith('http') ? next.slice(new URL(next).origin.length) : next;
  }
  return found
    .map(({ created_at: _, ...row }) => row)
    .sort((a, b) => String(a.event_id).localeCompare(String(b.event_id)));
}

test('doctor finds nothing wrong with it, and names the schema', async () => {
  const { stdout } = await runCli(['doctor', '--json', '--home', postgres.home]);
  const { checks } = JSON.parse(stdout) as { checks: { id: string; verdict: string; seen: string }[] };
  expect(checks.find(({ id }) => id === 'schema')).toMatchObject({ seen: 'schema 3 of PostgreSQL' });
});

test('a user who is erased is in no table any more, and the others are', async () => {
  const { task } = await postgres.control.startTask('erase', { account: null, visitorId: null, userId: 'user-5' });
  await postgres.until(async () => (await postgres.control.task(Number(task.id))).state === 'done');
  const rows = await server.query<{ erased: number; others: number }>(
    `SELECT count(*) FILTER (WHERE user_id = 'user-5')::int AS erased, count(*)::int AS others FROM trackflow.events`,
  );
  const expected = Array.from({ length: 600 }, (_, n) => n).filter((n) => n % 4 === 0 || n % 7 !== 5);
  expect(rows).toEqual([{ erased: 0, others: expected.length }]);
});

test('events that are older than what is kept are deleted, those of others and of other accounts stay', async () => {
  await postgres.control.addAccount({ id: 'shop', retentionDays: 10 });
  const { task } = await postgres.control.startTask('retention', {});
  await postgres.until(async () => (await postgres.control.task(Number(task.id))).state === 'done');
  const left = await postgres.query<{ account: string; rows: number; oldest: number }>(
    `SELECT account, toUInt32(count()) AS rows, toUInt32(dateDiff('day', min(occurred_at), now())) AS oldest
     FROM events GROUP BY account ORDER BY account DESC`,
  );
  expect(left).toEqual([
    { account: 'shop', rows: expect.any(Number), oldest: expect.any(Number) },
    { account: "bl'og\\", rows: expect.any(Number), oldest: expect.any(Number) },
  ]);
  expect(left[0]!.rows).toBeLessThan(100);
  expect(left[0]!.oldest).toBeLessThanOrEqual(10);
  expect(left[1]!.rows).toBeGreaterThan(200);
  expect(left[1]!.oldest).toBeGreaterThanOrEqual(48);
});

describe('a start', { timeout: 180_000 }, () => {
  test('that would leave the events where they are is refused, and names the place', async () => {
    const home = temporaryHome();
    const first = await startDaemon({ home, settings: { 'store.url': server.url } });
    await first.stop();
    await expect(startDaemon({ home })).rejects.toThrow(/TF_CONFIG the events of this home are in postgres:/);
    const elsewhere = server.url.replace(/test$/, 'postgres');
    await expect(startDaemon({ home, settings: { 'store.url': elsewhere } })).rejects.toThrow('not in postgres:');
    const again = await startDaemon({ home, settings: { 'store.url': server.url } });
    await again.stop();
  });

  test('that brings PostgreSQL to a home whose events ClickHouse has is refused', async () => {
    const home = temporaryHome();
    const first = await startDaemon({ home });
    await first.stop();
    await expect(startDaemon({ home, settings: { 'store.url': server.url } })).rejects.toThrow(
      'the events of this home are in ClickHouse',
    );
  });

  test.skipIf(!hasOpenssl())('over TLS proves who answers, for the flush and for the engine', async () => {
    const url = `postgres://postgres@localhost:${server.port}/postgres?sslmode=verify-full`;
    const settings = { 'store.url': url, 'store.caFile': path.join(rules, 'server.cert.pem') };
    await using daemon = await startDaemon({ settings });
    expect((await daemon.post({ name: 'hello' })).status).toBe(202);
    await daemon.drained();
    expect(await daemon.query('SELECT name FROM events')).toEqual([{ name: 'hello' }]);
    const sessions = await server.query<{ application: string; encrypted: boolean }>(
      `SELECT DISTINCT application_name AS application, ssl AS encrypted FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE datname = 'postgres' AND application_name LIKE 'trackflow%' ORDER BY application`,
    );
    expect(sessions).toEqual([
      { application: 'trackflow store', encrypted: true },
      { application: 'trackflow store reads', encrypted: true },
    ]);
    const other = selfSignedFiles(path.join(rules, 'other'));
    await using wrong = await startDaemon({
      settings: { ...settings, 'store.caFile': other.certFile },
      listeningOnly: true,
    });
    await wrong.until(async () => /self-signed certificate/.test((await wrong.status()).problems.join()));
  });

  test('with the wrong password takes events, says why they wait, and leaves no password anywhere', async () => {
    await server.query(`CREATE ROLE tracker LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
    await server.query('CREATE DATABASE tracker OWNER tracker');
    const home = temporaryHome();
    const passwordFile = path.join(home, 'password');
    fs.writeFileSync(passwordFile, 'another\n', { mode: 0o600 });
    const url = `postgres://tracker@127.0.0.1:${server.port}/tracker`;
    const settings = { 'store.url': url, 'store.passwordFile': passwordFile };
    const wrong = await startDaemon({ home, settings, listeningOnly: true });
    expect((await wrong.post({ name: 'hello' })).status).toBe(202);
    await wrong.until(async () => (await wrong.status()).problems.join().includes('password authentication failed'));
    await wrong.stop();

    fs.writeFileSync(passwordFile, `${PASSWORD}\n`);
    await using daemon = await startDaemon({ home, settings });
    await daemon.drained();
    expect(await daemon.query('SELECT name FROM events')).toEqual([{ name: 'hello' }]);
    const told = [
      await daemon.status(),
      await daemon.control.config(),
      await daemon.control.metrics(),
      daemon.log(1_000),
    ];
    expect(JSON.stringify(told)).not.toContain('zebra42');
    expect(fs.readFileSync(`/proc/${await daemon.enginePid()}/cmdline`, 'utf8')).not.toContain('zebra42');
    const holders = fs
      .readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => path.join(file.parentPath, file.name))
      .filter((file) => fs.readFileSync(file).includes('zebra42'));
    expect(holders.map((file) => path.relative(home, file)).sort()).toEqual(['password', 'run/clickhouse.xml']);
    for (const file of holders) expect(fs.statSync(file).mode & 0o077).toBe(0);
  });
});

test('what cannot work together is said before anything starts', { timeout: 180_000 }, async () => {
  const wrong = async (settings: Record<string, unknown>) =>
    startDaemon({ settings }).then(
      () => 'started',
      (error: Error) => error.message.split('\n')[0],
    );
  expect(await wrong({ 'store.url': 'postgres://u:secret@db/x' })).toMatch(
    /store\.url holds a password.*store\.passwordFile/,
  );
  expect(await wrong({ 'store.url': 'mysql://db/x' })).toContain('store.url is "mysql://db/x"; allowed');
  expect(await wrong({ 'store.url': 'postgres://db/x?sslmode=maybe' })).toContain(
    'allowed: disable, require, verify-full',
  );
  expect(await wrong({ 'store.url': 'postgres://db/x?sslmode=verify-full' })).toContain('set store.caFile');
  expect(await wrong({ 'store.passwordFile': '/x' })).toContain('store.url is empty');
  const docker = { 'store.url': 'postgres://db/x', 'engine.kind': 'docker' };
  expect(await wrong(docker)).toContain('PostgreSQL is read by the embedded engine alone');
});
