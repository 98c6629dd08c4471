import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RetentionParts, retention } from '../../../daemon/tasks/kinds/retention.ts';
import { DAY_MS } from '../../../daemon/tasks/schedule.ts';
import { type ClickHouse, openClickHouse } from '../../../src/clickhouse/client.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { NOON, TaskRig } from './task-rig.ts';

/** Noon of 21 November less 30 days: noon of 22 October. */
const DAYS = 30;
const CUTOFF = NOON - DAYS * DAY_MS;

let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine();
});
afterAll(() => clickhouse.stop());

let rig: TaskRig;
let held: { month: number; active: boolean }[];
beforeEach(async () => {
  await clickhouse.query('SELECT 1');
  await fill();
  held = [];
});
afterEach(() => rig.end());

/** An event a day, at noon, for 120 days up to today. */
async function fill(): Promise<void> {
  const writer = openClickHouse(clickhouse.endpoint, 'writer');
  await writer.command('TRUNCATE TABLE events');
  await writer.command(
    `INSERT INTO events (event_id, account, occurred_at)
     SELECT generateUUIDv4(), 'a', fromUnixTimestamp64Milli(${NOON} - toInt64(number) * ${DAY_MS}) FROM numbers(120)`,
  );
  await writer.close();
}

function parts(changes: Partial<RetentionParts> = {}): RetentionParts {
  return {
    days: DAYS,
    accounts: () => [],
    connect: async () => [openClickHouse(clickhouse.endpoint, 'writer')],
    hold: async ([month]) => {
      const hold = { month: month!, active: true };
      held.push(hold);
      return () => {
        hold.active = false;
      };
    },
    ...changes,
  };
}

async function run(changes: Partial<RetentionParts> = {}) {
  rig = new TaskRig([retention(parts(changes))]);
  const names = ['drop-months', 'delete-rest'];
  const { id } = rig.store.create({ kind: 'retention', params: {}, steps: names, scheduled: true }, NOON);
  rig.runner.tick();
  await until(() => rig.store.get(id)!.state !== 'running', 20_000);
  return rig.desk.show(id);
}

async function remaining(): Promise<{ rows: number; oldest: number }> {
  const [row] = await clickhouse.query<{ rows: number; oldest: number }>(
    'SELECT toFloat64(count()) AS rows, toFloat64(toUnixTimestamp64Milli(min(occurred_at))) AS oldest FROM events',
  );
  return row!;
}

describe('retention', () => {
  it('drops whole months and deletes the rest of the month in between, each while its month is held', async () => {
    const task = await run();
    expect(task).toMatchObject({ state: 'done', error: '' });
    // 31 noons from 22 October (which is not before the cutoff) to 21 November.
    expect(await remaining()).toEqual({ rows: DAYS + 1, oldest: CUTOFF });
    expect(held).toEqual([202607, 202608, 202609, 202610].map((month) => ({ month, active: false })));
    expect(task.log.map(({ event, fields }) => [event, fields.month, fields.rows])).toEqual([
      ['task_started', undefined, undefined],
      ['retention_dropped', '202607', 7],
      ['retention_dropped', '202608', 31],
      ['retention_dropped', '202609', 30],
      ['retention_deleted', 202610, 21],
      ['task_done', undefined, undefined],
    ]);
    expect(task.steps[0]!.checkpoint).toEqual({ month: '202609' });
  });

  it('has nothing to do a second time', async () => {
    await run();
    await rig.end();
    const task = await run();
    expect(task.log.map(({ event }) => event)).toEqual(['task_started', 'task_done']);
    expect((await remaining()).rows).toBe(DAYS + 1);
  });

  it('touches nothing while a batch of that month stays in flight, and is tried again', async () => {
    const task = await run({ hold: async () => null });
    expect(task).toMatchObject({ state: 'queued', error: expect.stringContaining('202607') });
    expect((await remaining()).rows).toBe(120);
  });

  it('is tried again when the engine is away', async () => {
    const connect = () => Promise.reject(new Error('the engine is not ready'));
    expect(await run({ connect })).toMatchObject({ state: 'queued', error: 'the engine is not ready' });
  });

  it('releases the flush when the engine refuses', async () => {
    const connect = async () => {
      const client = openClickHouse(clickhouse.endpoint, 'writer');
      const refusing = {
        ...client,
        query: client.query.bind(client),
        close: client.close.bind(client),
        command: () => Promise.reject(new Error('no')),
      } as ClickHouse;
      return [refusing];
    };
    expect(await run({ connect })).toMatchObject({ state: 'queued', error: 'no' });
    expect(held).toEqual([{ month: 202607, active: false }]);
  });

  it('that was queued before events were kept for ever deletes nothing', async () => {
    const task = await run({ days: 0 });
    expect(task).toMatchObject({ state: 'done', attempts: 1 });
    expect((await remaining()).rows).toBe(120);
    expect(() => rig.desk.start('retention', {})).toThrow(/retentionDays is 0/);
  });

  it('keeps the events of an account for days of its own, longer or shorter than those of others', async () => {
    const writer = openClickHouse(clickhouse.endpoint, 'writer');
    for (const account of ['long', "sh'ort", 'ever']) {
      await writer.command(
        `INSERT INTO events (event_id, account, occurred_at) SELECT generateUUIDv4(), {account:String}, occurred_at
         FROM events WHERE account = 'a'`,
        { account },
      );
    }
    await writer.close();
    const accounts = () => [
      { account: 'long', days: 100 },
      { account: "sh'ort", days: 5 },
      { account: 'ever', days: 0 },
    ];
    expect(await run({ accounts })).toMatchObject({ state: 'done', error: '' });
    const kept = await clickhouse.query(
      'SELECT account, toUInt32(count()) AS rows FROM events GROUP BY account ORDER BY account',
    );
    expect(kept).toEqual([
      { account: 'a', rows: DAYS + 1 },
      { account: 'ever', rows: 120 },
      { account: 'long', rows: 101 },
      { account: "sh'ort", rows: 6 },
    ]);
    expect(held.every(({ active }) => !active)).toBe(true);
  });

  it('drops the months that are over for everybody, also where only accounts have a retention', async () => {
    const task = await run({ accounts: () => [{ account: 'long', days: 60 }] });
    expect(task.log.filter(({ event }) => event === 'retention_dropped').map(({ fields }) => fields.month)).toEqual([
      '202607',
      '202608',
    ]);
    expect((await remaining()).rows).toBe(DAYS + 1);
    await rig.end();
    expect((await run({ days: 0, accounts: () => [{ account: 'a', days: 10 }] })).state).toBe('done');
    expect((await remaining()).rows).toBe(11);
  });
});
