import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StateDatabase } from '../../daemon/state/database.ts';
import { brokenMachines } from './broken-machines.ts';
import { ClickHouseModel, type Insert } from './clickhouse-model.ts';
import { flusherSchedule } from './flusher-world.ts';
import { machineSchedule, realMachine } from './machine-world.ts';
import { firstFailure, runSchedules } from './simulation.ts';

/**
 * The flush under seeded faults (`faulty-link.ts`) against a model of ClickHouse (`clickhouse-model.ts`). Each schedule has
 * a phase of faults and a phase without; then every good row must be in the table once, every poison row among the dead
 * letters once, the totals right, and all of it must come to an end.
 */
const MACHINE_SCHEDULES = 20_000;
const POWER_SCHEDULES = 5_000;
const FLUSHER_SCHEDULES = 3_000;
const FLUSHER_POWER_SCHEDULES = 500;
const BROKEN_SCHEDULES = 10_000;
/** For many schedules: a schedule that hangs ends by its steps. */
const SIMULATION_TIMEOUT_MS = 3_600_000;

describe('the flush machine', { timeout: SIMULATION_TIMEOUT_MS }, () => {
  it('stores every row exactly once, whatever is lost, cut, refused, delayed, repeated or killed', async () => {
    expect(await runSchedules(machineSchedule(realMachine), MACHINE_SCHEDULES)).toBeGreaterThan(0);
  });

  // A loss of power may take the youngest records of the deduplication window, which is never synced. Parts are synced
  // before the answer. So a repetition under the same token may double rows, and what saves them is that none is sent
  // before a count. What counting cannot see is an insert that is still on its way: a copy that a proxy delivers after
  // the window lost its token is stored twice. That, and only that, is not promised.
  it('stores every row exactly once over losses of power that no insert on its way outlives', async () => {
    expect(await runSchedules(machineSchedule(realMachine, true), POWER_SCHEDULES)).toBeGreaterThan(0);
  });

  it.each(Object.entries(brokenMachines))('would not pass if it %s', async (_, machine) => {
    const failure = await firstFailure(machineSchedule(machine), BROKEN_SCHEDULES);
    expect(failure?.message).toMatch(/times, not|does not end|more than expected|are called stored/);
  });
});

describe('flusher, split, dead letters and totals', { timeout: SIMULATION_TIMEOUT_MS }, () => {
  let db: StateDatabase;

  beforeAll(() => {
    // In memory: what is tested is when transactions happen; that a committed one is kept is SQLite's promise.
    db = new Database(':memory:');
    const schema = path.join(import.meta.dirname, '../../schema/state');
    for (const step of fs.readdirSync(schema).sort()) db.exec(fs.readFileSync(path.join(schema, step), 'utf8'));
  });

  afterAll(() => void db.close());

  it('store, split and set aside every row exactly once, killed at any call', async () => {
    expect(await runSchedules(flusherSchedule(db), FLUSHER_SCHEDULES)).toBeGreaterThan(0);
  });

  it('do so over losses of power that no insert on its way outlives', async () => {
    expect(await runSchedules(flusherSchedule(db, true), FLUSHER_POWER_SCHEDULES)).toBeGreaterThan(0);
  });
});

describe('the model of ClickHouse', () => {
  const insert = (token: string, ids: string, month = 202611): Insert => ({
    token,
    rows: [...ids].map((id) => ({ id, month, poison: id === '!', batch: 1n })),
  });
  const stored = (model: ClickHouseModel) =>
    model
      .rows()
      .map((row) => row.id)
      .join('');

  it('drops a block whose token it knows, whatever its rows, and calls it a success', () => {
    const model = new ClickHouseModel();
    expect(model.insert(insert('t', 'ab'))).toBe('stored');
    expect(model.insert(insert('t', 'xyz'))).toBe('stored');
    expect(stored(model)).toBe('ab');
  });

  it('knows a token in each month apart', () => {
    const model = new ClickHouseModel();
    model.insert(insert('t', 'a', 202610));
    const both = { token: 't', rows: [...insert('t', 'a', 202610).rows, ...insert('t', 'b', 202611).rows] };
    expect(model.insert(both)).toBe('stored');
    expect(model.count(1n)).toEqual(
      new Map([
        [202610, 1],
        [202611, 1],
      ]),
    );
  });

  it('loses the rows of a block for ever when it is killed between token and part', () => {
    const model = new ClickHouseModel();
    expect(model.insert(insert('t', 'a'), { afterBlocks: 0, recorded: true })).toBe('cut');
    expect(model.insert(insert('t', 'a'))).toBe('stored');
    expect(stored(model)).toBe('');
  });

  it('takes rows a second time once their token fell out of the window or was lost with the power', () => {
    const model = new ClickHouseModel(2);
    for (const token of ['t', 'u', 'v', 't']) model.insert(insert(token, token));
    expect(stored(model)).toBe('tuvt');
    model.losePower(1);
    model.insert(insert('t', 't'));
    expect(stored(model)).toBe('tuvtt');
  });

  it('stores nothing of an insert with a row that it cannot take', () => {
    const model = new ClickHouseModel();
    const mixed = { token: 't', rows: [...insert('t', 'a', 202610).rows, ...insert('t', '!', 202611).rows] };
    expect(model.insert(mixed)).toBe('poison');
    expect(model.rows()).toEqual([]);
  });
});
