import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PostgresTarget } from '../../../../daemon/flush/postgres/postgres-target.ts';
import { TABLES } from '../../../../src/event/tables.ts';
import { parseAddress } from '../../../../src/migrate/postgres/address.ts';
import { storeMigrations } from '../../../../src/postgres/schema.ts';
import { STORE_APPLICATION } from '../../../../src/postgres/session.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { blockOf, type RowValues } from '../../../support/store-rows.ts';
import { until } from '../../../support/until.ts';

const NOVEMBER = Date.UTC(2026, 10, 21, 12, 0, 0, 7);
const DECEMBER = Date.UTC(2026, 11, 1);
const PLACE = { url: '', database: '', writer: { user: '', password: '' }, reader: { user: '', password: '' } };

let server: TestPostgres;
const targets: PostgresTarget[] = [];

beforeAll(async () => {
  server = await startPostgres(18);
}, 60_000);
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.query('DROP SCHEMA IF EXISTS trackflow CASCADE');
});
afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
});

function open(options: { timeoutMs?: number; url?: string } = {}): PostgresTarget {
  const { timeoutMs = 20_000, url = server.url } = options;
  const target = new PostgresTarget({
    access: { address: parseAddress(url).address, password: null, caFile: null },
    table: { name: 'events', id: TABLES.events.id, time: TABLES.events.time },
    timeoutMs,
    migrations: storeMigrations(),
  });
  target.use(PLACE);
  targets.push(target);
  return target;
}

const events = (count: number, values: RowValues = {}) =>
  Array.from({ length: count }, (_, n) => ({ user_id: `user-${n}`, occurred_at: NOVEMBER + n, ...values }));

async function stored(): Promise<number> {
  const [row] = await server.query<{ rows: number }>('SELECT count(*)::int AS rows FROM trackflow.events');
  return row!.rows;
}

test('every value arrives as it is', async () => {
  const texts = {
    name: 'käse "x"\\ \t\n',
    url: 'u'.repeat(70_000),
    properties: '{"a":1e+30,"at":"2024-01-01T10:00:00Z"}',
  };
  const row = {
    ...{ event_id: '00112233-4455-6677-8899-aabbccddeeff', occurred_at: NOVEMBER, received_at: -1, time_clamped: 1 },
    ...texts,
  };
  const money = [0, 1, -1, 10_000, 12_345_678, -90_000_000_000_001, Number.MAX_SAFE_INTEGER];
  const rows = money.map((revenue) => ({ ...row, revenue }));
  expect(await open().insert(blockOf('events', 7n, rows), 'batch')).toEqual({
    seen: 'stored',
    writtenRows: money.length,
  });
  const found = await server.query<Record<string, unknown>>(
    `SELECT event_id, occurred_at::text, received_at::text, time_clamped, revenue::text, properties::text, name, url,
       visitor_id, batch FROM trackflow.events ORDER BY id`,
  );
  expect(found.map(({ revenue }) => revenue)).toEqual([
    ...['0.0000', '0.0001', '-0.0001', '1.0000', '1234.5678', '-9000000000.0001', '900719925474.0991'],
  ]);
  expect(found[0]).toMatchObject({
    ...{ event_id: row.event_id, time_clamped: 1, visitor_id: '', batch: '7', ...texts },
    occurred_at: '2026-11-21 12:00:00.007',
    received_at: '1969-12-31 23:59:59.999',
  });
});

test('a batch is counted by month, and its rows are told by id', async () => {
  const target = open();
  const rows = [...events(2), ...events(3, { occurred_at: DECEMBER })];
  await target.insert(blockOf('events', 8n, rows), 'a');
  expect(await target.count(8n)).toEqual(
    new Map([
      [202611, 2],
      [202612, 3],
    ]),
  );
  expect(await target.count(9n)).toEqual(new Map());
  const ids = await target.ids(8n, [202611, 202701]);
  expect(ids).toHaveProperty('size', 2);
  expect([...(ids as Map<number, Map<string, number>>).values()].map((found) => found.size)).toEqual([2, 0]);
});

describe('a token and a month are stored once', () => {
  test('when the same insert comes again', async () => {
    const target = open();
    const block = blockOf('events', 8n, events(5));
    await target.insert(block, 'a');
    expect(await target.insert(block, 'a')).toEqual({ seen: 'stored', writtenRows: 0 });
    expect(await stored()).toBe(5);
  });

  test('when a second attempt has more months than the first', async () => {
    const target = open();
    await target.insert(blockOf('events', 8n, events(5)), 'a');
    const both = [...events(5), ...events(3, { occurred_at: DECEMBER })];
    expect(await target.insert(blockOf('events', 8n, both), 'a')).toEqual({ seen: 'stored', writtenRows: 3 });
    expect(await stored()).toBe(8);
  });

  test('when it comes over several connections at once', async () => {
    const block = blockOf('events', 8n, events(2_000));
    const outcomes = await Promise.all([open(), open(), open()].map((target) => target.insert(block, 'a')));
    expect(outcomes.map((outcome) => 'writtenRows' in outcome && outcome.writtenRows).sort()).toEqual([0, 0, 2_000]);
    expect(await stored()).toBe(2_000);
  });

  test('when the first attempt is still under way', async () => {
    await open().count(1n);
    const first = await server.session();
    try {
      await first.query('BEGIN');
      const claim = `INSERT INTO trackflow.batches (target, batch, token, month, rows) VALUES ('events', 8, 'a', 202611, 5)`;
      await first.query(claim);
      const late = open().insert(blockOf('events', 8n, events(5)), 'a');
      await until(async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`;
        return (await server.query(waiting, [STORE_APPLICATION])).length === 1;
      }, 20_000);
      await first.query('COMMIT');
      expect(await late).toEqual({ seen: 'stored', writtenRows: 0 });
    } finally {
      await first.end();
    }
  });
});

describe('what is refused or cut leaves nothing behind', () => {
  test('a row that PostgreSQL cannot keep is the fault of the data', async () => {
    const target = open();
    await target.count(1n);
    await server.query(`ALTER TABLE trackflow.events ADD CHECK (name <> 'bad')`);
    const rows = [...events(2_000), { name: 'bad', occurred_at: DECEMBER }];
    const outcome = await target.insert(blockOf('events', 8n, rows), 'a');
    expect(outcome).toMatchObject({ seen: 'refused', because: 'data', error: expect.stringContaining('23514') });
    expect(await stored()).toBe(0);
    expect(await target.count(8n)).toEqual(new Map());
    expect(await target.insert(blockOf('events', 8n, events(3)), 'a')).toEqual({ seen: 'stored', writtenRows: 3 });
  });

  test.each([
    ['a full disk', '53100', { seen: 'refused', because: 'other' }],
    ['too little memory', '53200', { seen: 'refused', because: 'memory' }],
    ['no place for a connection', '53300', { seen: 'refused', because: 'other' }],
    ['a server that only reads', '25006', { seen: 'refused', because: 'other' }],
    ['an index entry that is too large', '54000', { seen: 'refused', because: 'data' }],
    ['a statement that was given up', '57014', { seen: 'unknown', timedOut: true }],
    ['a server that ends', '57P01', { seen: 'unknown', timedOut: false }],
  ])('%s (%s)', async (_, state, expected) => {
    const target = open();
    await target.count(1n);
    await refuse(state);
    expect(await target.insert(blockOf('events', 8n, events(10)), 'a')).toMatchObject(expected);
    await server.query('DROP TRIGGER refusal ON trackflow.events');
    expect(await target.count(8n)).toEqual(new Map());
    expect(await target.insert(blockOf('events', 8n, events(10)), 'a')).toEqual({ seen: 'stored', writtenRows: 10 });
    expect(await stored()).toBe(10);
  });

  test('a connection that breaks in the middle of the rows', async () => {
    const target = open();
    await target.count(1n);
    const holder = await server.session();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE trackflow.events IN ACCESS EXCLUSIVE MODE');
      const insert = target.insert(blockOf('events', 8n, events(5_000)), 'a');
      await until(async () => {
        const copying = `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'COPY%' AND state = 'active'`;
        return (await server.query(copying, [STORE_APPLICATION])).length === 1;
      }, 20_000);
      await server.cut(STORE_APPLICATION);
      expect(await insert).toMatchObject({ seen: 'unknown' });
    } finally {
      await holder.end();
    }
    expect(await stored()).toBe(0);
    expect(await target.count(8n)).toEqual(new Map());
  });

  test('a server that says nothing any more', async () => {
    const target = open({ timeoutMs: 100 });
    await target.count(1n);
    const holder = await server.session();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE trackflow.batches IN ACCESS EXCLUSIVE MODE');
      expect(await target.insert(blockOf('events', 8n, events(5)), 'a')).toMatchObject({
        seen: 'unknown',
        timedOut: true,
      });
    } finally {
      await holder.end();
    }
    expect(await stored()).toBe(0);
  });
});

test('what the flush is done with is forgotten with the next insert, and no other', async () => {
  const target = open();
  for (const batch of [1n, 2n, 3n]) await target.insert(blockOf('events', batch, events(1)), `token-${batch}`);
  target.settled(2n);
  expect(await target.count(2n)).toEqual(new Map([[202611, 1]]));
  await target.insert(blockOf('events', 4n, events(1)), 'token-4');
  const kept = await server.query<{ batch: string }>('SELECT batch FROM trackflow.batches ORDER BY batch');
  expect(kept.map(({ batch }) => batch)).toEqual(['1', '3', '4']);
  expect(await stored()).toBe(4);
});

test('while the server is away every answer says so, and the next connection goes on', async () => {
  const target = open();
  expect(await target.insert(blockOf('events', 1n, events(1)), 'a')).toMatchObject({ seen: 'stored' });
  await server.crash();
  expect(await target.insert(blockOf('events', 2n, events(1)), 'b')).toMatchObject({
    seen: expect.stringMatching(/unknown|refused/),
  });
  const away = await target.insert(blockOf('events', 2n, events(1)), 'b');
  expect(away).toMatchObject({ seen: 'refused', because: 'other', error: expect.stringContaining('ECONNREFUSED') });
  expect(await target.count(1n)).toMatchObject({ error: expect.stringContaining('ECONNREFUSED') });
  await server.start();
  expect(await target.count(1n)).toEqual(new Map([[202611, 1]]));
  expect(await target.insert(blockOf('events', 2n, events(1)), 'b')).toEqual({ seen: 'stored', writtenRows: 1 });
});

test('nothing is sent before the store may be used', async () => {
  const target = open();
  target.use(null);
  expect(await target.insert(blockOf('events', 1n, events(1)), 'a')).toMatchObject({
    seen: 'refused',
    because: 'other',
  });
  expect(await server.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'trackflow'`)).toEqual([]);
});

/** Makes PostgreSQL refuse rows with an error of that state. */
async function refuse(state: string): Promise<void> {
  await server.query(
    `CREATE OR REPLACE FUNCTION trackflow.refuse() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${state}'; END $$`,
  );
  await server.query(
    'CREATE TRIGGER refusal BEFORE INSERT ON trackflow.events FOR EACH ROW EXECUTE FUNCTION trackflow.refuse()',
  );
}
