import { afterAll, beforeAll, expect, test } from 'vitest';
import { STORE_APPLICATION } from '../../src/postgres/session.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** What ends or cuts something under load, again and again. `TRACKFLOW_TEST_KILLS=500` is a long run. */
const KILLS = Number(process.env.TRACKFLOW_TEST_KILLS ?? 12);
const PAUSE_MS_MIN = 60;
const PAUSE_MS_MAX = 400;
/** Small batches and short ages: many transactions, so that kills meet every step of them. */
const BUSY_FLUSH = {
  ...{ 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 },
  'query.timeoutMs': 120_000,
};
const MONTH_MS = 31 * 86_400_000;
/** As a full disk, too little memory, too many connections, and a row that cannot be kept are refused. */
const STATES = ['53100', '53200', '53300'];

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres(18);
}, 60_000);
afterAll(() => server?.[Symbol.asyncDispose]());

const STRIKES: Readonly<Record<string, (daemon: TestDaemon, random: () => number) => Promise<void>>> = {
  daemon: async (daemon) => {
    await daemon.kill();
    await daemon.start();
  },
  connections: async () => {
    await server.cut(STORE_APPLICATION);
  },
  server: async () => {
    await server.crash();
    await server.start();
  },
  both: async (daemon) => {
    await Promise.all([server.crash(), daemon.kill()]);
    await server.start();
    await daemon.start();
  },
  refusal: async (_, random) => {
    await refuse(STATES[Math.floor(random() * STATES.length)]!);
    await pause(200);
    await server.query('DROP TRIGGER refusal ON trackflow.events');
  },
};

test(
  `every event that was acknowledged is in PostgreSQL once, through ${KILLS} kills, cuts, crashes and refusals under load`,
  async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    await using daemon = await startDaemon({ settings: { ...BUSY_FLUSH, 'store.url': server.url } });
    const url = () => daemon.url;
    const oracles = [
      new Oracle({ account: 'plain', url, random, connections: 4 }),
      new Oracle({ account: 'retrying', url, random, connections: 4, retry: true, repeat: 0.05 }),
      new Oracle({ account: 'months', url, random, connections: 4, eventsPerRequest: 20, retry: true, occurredAt }),
    ].map((oracle) => oracle.start());
    const kinds = Object.keys(STRIKES);
    for (let strike = 0; strike < KILLS; strike++) {
      await pause(PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
      // Each kind comes, then any.
      const kind = strike < kinds.length ? kinds[strike]! : kinds[Math.floor(random() * kinds.length)]!;
      await STRIKES[kind]!(daemon, random);
    }
    await Promise.all(oracles.map((oracle) => oracle.stop()));
    const status = await daemon.drained();
    for (const oracle of oracles) {
      const verdict = await oracle.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      expect(verdict.acknowledged).toBeGreaterThan(KILLS);
    }
    // What the views tell is what is there.
    const [rows] = await server.query<{ rows: number }>('SELECT count(*)::int AS rows FROM trackflow.events');
    expect(rows!.rows).toBe(status.events.stored);
    expect(status.events.accepted).toBe(status.events.stored);
    // Batches that have left the spool are forgotten: what stays does not grow with their number.
    const [kept] = await server.query<{ rows: number }>('SELECT count(*)::int AS rows FROM trackflow.batches');
    expect(kept!.rows).toBeLessThan(20 + 4 * KILLS);
  },
  60_000 + KILLS * 15_000,
);

test('a row that PostgreSQL refuses for what it holds is set aside alone, and comes in when it may', {
  timeout: 180_000,
}, async () => {
  await using daemon = await startDaemon({ settings: { 'store.url': server.url } });
  await server.query('TRUNCATE trackflow.events');
  await server.query(`ALTER TABLE trackflow.events ADD CONSTRAINT no_poison CHECK (name <> 'poison')`);
  const events = Array.from({ length: 50 }, (_, n) => ({ name: n === 20 ? 'poison' : 'good', user_id: String(n) }));
  expect((await daemon.post(events)).status).toBe(202);
  await daemon.drained();
  await daemon.until(async () => (await daemon.status()).events.deadLettered === 1);
  expect((await daemon.status()).events).toMatchObject({ accepted: 50, stored: 49 });
  expect(await daemon.control.deadLetters()).toMatchObject([{ rows: 1, reason: expect.stringContaining('no_poison') }]);
  await server.query('ALTER TABLE trackflow.events DROP CONSTRAINT no_poison');
  await daemon.control.replay('all');
  await daemon.drained();
  const found = await server.query<{ user_id: string }>('SELECT user_id FROM trackflow.events ORDER BY user_id::int');
  expect(found.map(({ user_id }) => Number(user_id))).toEqual(events.map((_, n) => n));
});

test('while PostgreSQL is away events are taken, status says so, and they come in when it is back', {
  timeout: 180_000,
}, async () => {
  await using daemon = await startDaemon({ settings: { 'store.url': server.url } });
  await server.query('TRUNCATE trackflow.events');
  await server.crash();
  for (let n = 0; n < 5; n++) expect((await daemon.post({ name: 'waits', user_id: String(n) })).status).toBe(202);
  await daemon.until(async () => {
    const { health, problems, flush } = await daemon.status();
    const told = problems.some((problem) => problem.includes('takes no events') && problem.includes('ECONNREFUSED'));
    return health === 'degraded' && told && flush.breaker !== 'closed';
  });
  await daemon.kill();
  await server.start();
  await daemon.start();
  const status = await daemon.drained();
  expect(status.health).toBe('ok');
  const [rows] = await server.query<{ rows: number }>(
    'SELECT count(DISTINCT user_id)::int AS rows FROM trackflow.events',
  );
  expect(rows!.rows).toBe(5);
});

function occurredAt(n: number): number {
  return Date.now() - (n % 2) * MONTH_MS;
}

async function refuse(state: string): Promise<void> {
  await server.query(
    `CREATE OR REPLACE FUNCTION trackflow.refuse() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${state}'; END $$`,
  );
  await server.query(
    'CREATE TRIGGER refusal BEFORE INSERT ON trackflow.events FOR EACH ROW EXECUTE FUNCTION trackflow.refuse()',
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
