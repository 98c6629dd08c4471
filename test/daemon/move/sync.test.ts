import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claim, unmark } from '../../../daemon/move/claim.ts';
import type { Ends } from '../../../daemon/move/copy.ts';
import { partitionsOf } from '../../../daemon/move/sums.ts';
import { syncPartition } from '../../../daemon/move/sync.ts';
import { type MovedTable, movedTables } from '../../../daemon/move/tables.ts';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { execute, storeMany } from '../../support/many-events.ts';

const ROWS = 3_000;
const MONTH = '202610';

let here: TestEngine;
let there: TestEngine;
let ends: Ends;
let events: MovedTable;
beforeAll(async () => {
  [here, there] = await Promise.all([startEngine(), startEngine()]);
  ends = { from: openClickHouse(here.endpoint, 'writer'), to: openClickHouse(there.endpoint, 'writer') };
  events = (await movedTables(ends.from, ends.to)).tables.find(({ name }) => name === 'events')!;
});
afterAll(async () => {
  await Promise.all([ends.from.close(), ends.to.close()]);
  await Promise.all([here.stop(), there.stop()]);
});
beforeEach(async () => {
  for (const engine of [here, there]) await execute(engine.endpoint, 'TRUNCATE TABLE events');
  await storeMany(here.endpoint, 0, ROWS);
});

const WHOLE = { depth: 'whole' } as const;
const live = () => new AbortController().signal;
const sync = (through?: string) =>
  syncPartition(ends, events, MONTH, { ...WHOLE, ...(through !== undefined && { through }) }, live());
const partOf = (engine: TestEngine) =>
  execute(
    engine.endpoint,
    `SELECT groupArray(name) FROM system.parts WHERE active AND table = 'events' AND partition_id = '${MONTH}'`,
  );
/** Every row of the month as text, JSON included: the judge is not the checksum under test. */
const rowsOf = (engine: TestEngine) =>
  execute(
    engine.endpoint,
    `SELECT * FROM events WHERE toYYYYMM(occurred_at) = ${MONTH} ORDER BY toUInt64OrZero(user_id), event_id FORMAT JSONEachRow`,
  );

async function expectSame(): Promise<void> {
  const rows = await rowsOf(here);
  expect(rows).not.toBe('');
  expect((await rowsOf(there)) === rows).toBe(true);
}

describe('a partition of the target', () => {
  it('that is empty gets every row as it is, and is left alone when it has them', async () => {
    expect((await sync()).changed).toBe(true);
    await expectSame();
    const part = await partOf(there);
    expect((await sync()).changed).toBe(false);
    expect(await partOf(there)).toBe(part);
  });

  it('gets batches up to a bound, then only the younger ones', async () => {
    await sync('2');
    expect(await execute(there.endpoint, 'SELECT max(batch) FROM events')).toBe('2');
    await execute(there.endpoint, 'SYSTEM STOP MERGES events');
    const first = JSON.parse((await partOf(there)).replaceAll("'", '"')) as string[];
    expect((await sync()).changed).toBe(true);
    expect(JSON.parse((await partOf(there)).replaceAll("'", '"'))).toEqual(expect.arrayContaining(first));
    await execute(there.endpoint, 'SYSTEM START MERGES events');
    await expectSame();
  });

  it.each([
    ['of which a part is missing', "DELETE FROM events WHERE user_id LIKE '%7'"],
    ['with rows twice', 'INSERT INTO events SELECT * EXCEPT (visitor_hash, session_hash) FROM events WHERE batch = 1'],
    [
      'with one other value',
      "ALTER TABLE events UPDATE country = 'XX' WHERE user_id = '12' SETTINGS mutations_sync = 2",
    ],
    [
      'with another property',
      `ALTER TABLE events UPDATE properties = '{"n":-1}' WHERE user_id = '12' SETTINGS mutations_sync = 2`,
    ],
    [
      'with a row of another batch number',
      "INSERT INTO events (name, occurred_at, batch) VALUES ('x', '2026-10-15 00:00:00', 77)",
    ],
  ])('%s is carried anew', async (_, damage) => {
    await sync();
    await execute(there.endpoint, damage.replace('SELECT * EXCEPT (visitor_hash, session_hash)', 'SELECT *'));
    expect((await rowsOf(there)) === (await rowsOf(here))).toBe(false);
    expect((await sync()).changed).toBe(true);
    await expectSame();
  });

  it('follows a deletion and an old batch that came late', async () => {
    await sync();
    await execute(here.endpoint, 'DELETE FROM events WHERE batch = 2');
    await execute(
      here.endpoint,
      "INSERT INTO events (name, occurred_at, batch) VALUES ('late', '2026-10-01 00:00:00', 1)",
    );
    await sync();
    await expectSame();
  });

  it('that cannot be made equal is told as such', async () => {
    // One row is lost on the way, however often it is carried.
    const from = {
      query: ends.from.query.bind(ends.from),
      stream: (sql: string, format: string, options: object) =>
        ends.from.stream(sql.replace('WHERE ', "WHERE user_id != '12' AND "), format, options),
    } as Ends['from'];
    const lossy = syncPartition({ from, to: ends.to }, events, MONTH, WHOLE, live());
    await expect(lossy).rejects.toMatchObject({ code: 'TF_VERIFICATION' });
  });

  it('is given up at once when the task ends, and mended by the next attempt', async () => {
    await storeMany(here.endpoint, ROWS, 60_000);
    const controller = new AbortController();
    const copying = syncPartition(ends, events, MONTH, WHOLE, controller.signal);
    setTimeout(() => controller.abort(new Error('told to end')), 30);
    await copying.then(
      () => {},
      () => {},
    );
    await sync();
    await expectSame();
  });
});

describe('tables', () => {
  it('of the schema are carried, others are named and stay', async () => {
    await execute(here.endpoint, 'CREATE TABLE mine (n UInt8) ENGINE = MergeTree ORDER BY n');
    const { tables, leftBehind } = await movedTables(ends.from, ends.to);
    expect(tables.map(({ name }) => name)).toEqual(['agreements', 'events', 'payments']);
    expect(events.columns).not.toContain('visitor_hash');
    expect(leftBehind).toEqual(['mine']);
    await execute(here.endpoint, 'DROP TABLE mine');
  });

  it('of which merges take rows away are compared and carried as they read in the end', async () => {
    for (const { endpoint } of [here, there]) {
      await execute(endpoint, 'CREATE TABLE latest (k UInt8, v UInt8) ENGINE = ReplacingMergeTree(v) ORDER BY k');
      await execute(endpoint, 'SYSTEM STOP MERGES latest');
    }
    for (const v of [1, 2, 3]) await execute(here.endpoint, `INSERT INTO latest VALUES (7, ${v}), (${v}, 1)`);
    const table = (await movedTables(ends.from, ends.to)).tables.find(({ name }) => name === 'latest')!;
    const [partition] = [...(await partitionsOf(ends.from, 'latest')).keys()];
    await syncPartition(ends, table, partition!, WHOLE, live());
    const read = 'SELECT k, v FROM latest FINAL ORDER BY k';
    expect(await execute(there.endpoint, read)).toBe(await execute(here.endpoint, read));
    expect((await syncPartition(ends, table, partition!, WHOLE, live())).changed).toBe(false);
    for (const { endpoint } of [here, there]) await execute(endpoint, 'DROP TABLE latest');
  });
});

describe('the place of a move', () => {
  it('is refused when somebody has rows there, and kept for the home that has claimed it', async () => {
    await storeMany(there.endpoint, 0, 10);
    await expect(claim(ends.to, '/home/a', 'there')).rejects.toMatchObject({ code: 'TF_INPUT' });
    await execute(there.endpoint, 'TRUNCATE TABLE events');
    await claim(ends.to, '/home/a', 'there');
    await storeMany(there.endpoint, 0, 10);
    await claim(ends.to, '/home/a', 'there');
    await expect(claim(ends.to, '/home/b', 'there')).rejects.toMatchObject({ code: 'TF_INPUT' });
    await unmark(ends.to);
    await expect(claim(ends.to, '/home/a', 'there')).rejects.toMatchObject({ code: 'TF_INPUT' });
  });
});
