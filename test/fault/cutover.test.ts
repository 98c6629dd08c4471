import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COLUMNS } from '../../src/event/columns.ts';
import { parseAddress } from '../../src/migrate/postgres/address.ts';
import { applyStoreSchema, storeMigrations } from '../../src/postgres/schema.ts';
import { openStoreSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { seededRandom, testSeed } from '../support/seed.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** Kills in one cutover; `TRACKFLOW_TEST_KILLS` makes it more. */
const KILLS = Math.ceil(Number(process.env.TRACKFLOW_TEST_KILLS ?? 30) / 5);
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_500;
const DONE_MS_MAX = 240_000;
/** Rows that are there before: slices enough for kills to meet. */
const ROWS = 120_000;
const SETTINGS = {
  ...{ 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 },
  // What the test compares by is a hash of everything.
  'query.timeoutMs': 120_000,
};
const SUMS = `SELECT account, toUInt32(count()) AS rows, toString(groupBitXor(cityHash64(event_id, occurred_at, url, batch, toJSONString(properties)))) AS sum
  FROM events WHERE account IN ('many', 'odd') GROUP BY account ORDER BY account`;

let server: TestPostgres;
let home: string;
let daemon: TestDaemon;

beforeAll(async () => {
  server = await startPostgres(18);
}, 60_000);
afterAll(() => server?.[Symbol.asyncDispose]());

beforeEach(async () => {
  home = temporaryHome();
  await server.query('DROP SCHEMA IF EXISTS trackflow CASCADE');
  await fillStore();
  // In the file, as an operator has it whose store may change.
  fs.writeFileSync(
    path.join(home, 'trackflow.json'),
    JSON.stringify({ store: { url: server.url }, log: { level: 'info' } }),
  );
  daemon = await startDaemon({ home, settings: SETTINGS });
}, 300_000);
afterEach(() => daemon[Symbol.asyncDispose]());

/** Many rows of many batches, some of which no number of ours can tell apart but by their text. */
async function fillStore(): Promise<void> {
  const access = { address: parseAddress(server.url).address, password: null, caFile: null };
  const session = await openStoreSession(access, 60_000);
  await applyStoreSchema(session, storeMigrations()).finally(() => session.close());
  const values = COLUMNS.map(({ name, blockType }) => {
    if (name === 'account') return `CASE n % 1000 WHEN 7 THEN 'odd' ELSE 'many' END`;
    if (name === 'event_id') return `md5(n::text)::uuid`;
    if (name === 'url') return `'https://shop.example/p/' || n % 500`;
    if (name === 'properties')
      return `('{"n":' || n || ',"big":1e+30,"at":"2024-01-01T10:00:00Z","a.b":' || n % 7 || '.5}')::json`;
    if (blockType.startsWith('DateTime'))
      return `timestamp '2026-10-15' + n * interval '17 seconds' + interval '7 milliseconds'`;
    return blockType === 'String' ? `''` : '0';
  });
  const columns = COLUMNS.map(({ name }) => name).join(', ');
  await server.query(
    `INSERT INTO trackflow.events (${columns}, batch)
     SELECT ${values.join(', ')}, (CASE WHEN n < 50000 THEN 4611686018427387904 ELSE 281474976710656 END) + n / 700
     FROM generate_series(1, ${ROWS}) AS n`,
  );
}

function oraclesOf(random: () => number): Oracle[] {
  const url = () => daemon.url;
  return [
    new Oracle({ account: 'plain', url, random, connections: 2 }),
    new Oracle({ account: 'retrying', url, random, connections: 2, retry: true, repeat: 0.05 }),
  ].map((oracle) => oracle.start());
}

async function storedOnce(oracles: readonly Oracle[], seed: number | string): Promise<void> {
  await Promise.all(oracles.map((oracle) => oracle.stop()));
  const status = await daemon.drained();
  for (const oracle of oracles) {
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect(verdict.acknowledged).toBeGreaterThan(0);
  }
  expect(status.events.accepted).toBe(status.events.stored);
  expect(status.store).toBeUndefined();
  // The last ones went to ClickHouse alone: PostgreSQL was left as it was.
  const [old] = await server.query<{ rows: number }>('SELECT count(*)::int AS rows FROM trackflow.events');
  const [now] = await daemon.query<{ rows: number }>('SELECT toUInt32(count()) AS rows FROM events');
  expect(now!.rows).toBe(ROWS + status.events.stored);
  expect(old!.rows).toBeGreaterThanOrEqual(ROWS);
  expect(old!.rows).toBeLessThan(now!.rows);
}

describe('an event that was acknowledged is stored once, and what was there is the same', () => {
  test('in a cutover under load', async () => {
    const seed = testSeed();
    const before = await daemon.query(SUMS);
    const oracles = oraclesOf(seededRandom(seed));
    const args = ['migrate', 'pg-to-clickhouse', '--preset', 'trackflow', '--cutover', '--home', home, '--json'];
    const { code, stdout, stderr } = await runCli(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining('carries the events')]);
    const report = JSON.parse(stdout) as { changed: boolean; rows: number; from: string };
    expect(report).toMatchObject({ schema: 'trackflow.cutover/1', changed: true });
    expect(report.rows).toBeGreaterThanOrEqual(ROWS);
    const acknowledged = oracles.map((oracle) => oracle.acknowledged());
    await daemon.until(async () => oracles.every((oracle, index) => oracle.acknowledged() > acknowledged[index]! + 20));
    await storedOnce(oracles, seed);
    expect(await daemon.query(SUMS)).toEqual(before);
    expect(JSON.parse(fs.readFileSync(path.join(home, 'trackflow.json'), 'utf8'))).toMatchObject({
      ...{ store: { url: '' }, log: { level: 'info' } },
    });
    const again = await runCli(args);
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { changed: false, rows: 0 }]);
    // What would bring the old store back is refused.
    await daemon.stop();
    await expect(startDaemon({ home, settings: { 'store.url': server.url } })).rejects.toThrow('are in ClickHouse');
    await daemon.start();
  }, 400_000);

  test(`through ${KILLS} kills of the daemon anywhere in it`, async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const before = await daemon.query(SUMS);
    const oracles = oraclesOf(random);
    await daemon.control.startTask('cutover');
    for (let kill = 0; kill < KILLS && (await stateOfCutover()) !== 'done'; kill++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN)));
      await daemon.kill();
      if (random() < 0.3) {
        await server.crash();
        await server.start();
      }
      await daemon.start();
    }
    await daemon.until(async () => (await stateOfCutover()) === 'done', DONE_MS_MAX);
    await daemon.until(async () => (await daemon.status()).store === undefined);
    const acknowledged = oracles.map((oracle) => oracle.acknowledged());
    await daemon.until(async () => oracles.every((oracle, index) => oracle.acknowledged() > acknowledged[index]! + 20));
    await storedOnce(oracles, seed);
    expect(await daemon.query(SUMS)).toEqual(before);
  }, 600_000);
});

describe('what is not the same stays where it is', { timeout: 180_000 }, () => {
  test('rows that somebody else put into the tables of ClickHouse', async () => {
    const { endpointOf, execute } = await import('../support/many-events.ts');
    await execute(endpointOf(home), `INSERT INTO events (account) VALUES ('stranger')`);
    const { code, stderr } = await runCli([
      'migrate',
      'pg-to-clickhouse',
      '--preset',
      'trackflow',
      '--cutover',
      '--home',
      home,
    ]);
    expect([code, stderr]).toEqual([65, expect.stringContaining('holds 1 rows already')]);
    expect((await daemon.status()).store).toEqual({ kind: 'postgres', url: server.url });
    expect((await daemon.post({ name: 'goes on' })).status).toBe(202);
    await daemon.drained();
    expect(await daemon.query(`SELECT count() AS n FROM events WHERE name = 'goes on'`)).toEqual([{ n: 1 }]);
  });

  test('an engine that is to be moved, and events that a migration would bring, are refused by name', async () => {
    await expect(daemon.control.startTask('engine-move', { to: 'docker' })).rejects.toThrow(
      'PostgreSQL keeps the events',
    );
    const wrong = await runCli(['migrate', 'pg-to-clickhouse', '--cutover', '--home', home]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--preset trackflow')]);
  });
});

/** One that gave up after too many kills is asked again. */
async function stateOfCutover(): Promise<string | undefined> {
  const found = await daemon.control.tasks({ kind: 'cutover' }).catch(() => undefined);
  const task = found?.tasks[0];
  if (task?.state === 'failed' && /daemon ended \d+ times|ECONN|terminat|shutting down|starting up/.test(task.error)) {
    await daemon.control.retryTask(Number(task.id)).catch(() => {});
  }
  return task?.state;
}
