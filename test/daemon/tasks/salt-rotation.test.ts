import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentSalts, destroyOldSalts } from '../../../daemon/salts.ts';
import { DaemonState } from '../../../daemon/state/daemon-state.ts';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { saltRotation } from '../../../daemon/tasks/kinds/salt-rotation.ts';
import { DAY_MS, HOUR_MS } from '../../../daemon/tasks/schedule.ts';
import type { DaySalt } from '../../../daemon/threads/messages.ts';
import { STATE_SCHEMA } from '../state/state-file.ts';
import { NOON, TaskRig } from './task-rig.ts';

const TODAY = NOON / DAY_MS - 0.5;

let rig: TaskRig;
let state: DaemonState;
/** What collectors were given last. */
let given: readonly DaySalt[];
/** Whether the process dies after it has deleted and before it has emptied the log. */
let dies: boolean;

const kind = () =>
  saltRotation({
    renew: () => {
      given = currentSalts(state, rig.now);
    },
    destroyOld: () => destroyOldSalts(state, rig.now),
    emptyLog: () => {
      if (dies) throw new Error('gone');
      return state.emptyLog();
    },
  });

beforeEach(() => {
  dies = false;
  given = [];
  rig = new TaskRig([kind()]);
  state = new DaemonState(rig.file.db);
  start();
});

afterEach(() => rig.end());

/** What a start of the daemon does: collectors ask for their salts, then the tasks begin. */
function start(): void {
  given = currentSalts(state, rig.now);
  rig.runner.start();
}

function restart(): void {
  rig.restart([kind()]);
  state = new DaemonState(rig.file.db);
  start();
}

const saltOf = (day: number) => given.find(([of]) => of === day)?.[1];

/** Whether the salt, as bytes or as the text that collectors get, lies anywhere in the files of the database. */
function onDisk(salt: string): boolean {
  return readdirSync(rig.file.folder).some((name) => {
    const content = readFileSync(path.join(rig.file.folder, name));
    return content.includes(Buffer.from(salt, 'base64')) || content.includes(salt);
  });
}

describe('salt rotation', () => {
  it('gives collectors the next day ahead, and destroys a day an hour after its end', async () => {
    const today = saltOf(TODAY)!;
    const tomorrow = saltOf(TODAY + 1)!;
    expect(onDisk(today)).toBe(true);
    await rig.pass(13 * HOUR_MS - 1);
    expect([saltOf(TODAY), saltOf(TODAY + 1)]).toEqual([today, tomorrow]);
    expect(onDisk(today)).toBe(true);
    await rig.pass(1);
    expect(saltOf(TODAY + 1)).toBe(tomorrow);
    expect(given.map(([day]) => day)).toEqual([TODAY + 1, TODAY + 2]);
    expect(onDisk(today)).toBe(false);
    expect(onDisk(tomorrow)).toBe(true);
  });

  it('is made up for after days without a daemon', async () => {
    const old = [saltOf(TODAY)!, saltOf(TODAY + 1)!];
    await rig.runner.close(0);
    rig.now += 3 * DAY_MS;
    restart();
    expect(given.map(([day]) => day)).toEqual([TODAY + 3, TODAY + 4]);
    await rig.settle();
    expect(old.map(onDisk)).toEqual([false, false]);
    expect(given.every(([, salt]) => onDisk(salt))).toBe(true);
  });

  it('is finished after a death between deleting and emptying the log', async () => {
    const old = saltOf(TODAY)!;
    dies = true;
    await rig.pass(2 * DAY_MS);
    expect(onDisk(old)).toBe(true);
    dies = false;
    restart();
    await rig.pass(5_000);
    expect(onDisk(old)).toBe(false);
  });

  it('is repeated until nobody reads the log', async () => {
    const old = saltOf(TODAY)!;
    const reader = openStateDatabase(rig.file.file, STATE_SCHEMA);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM salts').get();
    rig.file.db.pragma('busy_timeout = 20');
    await rig.pass(2 * DAY_MS);
    expect(onDisk(old)).toBe(true);
    reader.exec('COMMIT');
    reader.close();
    await rig.pass(5_000);
    expect(onDisk(old)).toBe(false);
  });

  it('leaves no salt in any number of days, and none in what tasks say of themselves', async () => {
    const all = new Map(given);
    for (let run = 0; run < 4 * 12; run++) {
      await rig.pass(6 * HOUR_MS);
      for (const [day, salt] of given) all.set(day, salt);
    }
    const valid = new Set(given.map(([day]) => day));
    expect(all.size).toBeGreaterThan(12);
    for (const [day, salt] of all) expect([day, onDisk(salt)]).toEqual([day, valid.has(day)]);
    const tasks = rig.desk.list({}).tasks.map(({ id }) => JSON.stringify(rig.desk.show(Number(id))));
    for (const [, salt] of all) expect(tasks.some((task) => task.includes(salt))).toBe(false);
  });

  it('is not needed for events around midnight by a daemon that starts then', async () => {
    await rig.runner.close(0);
    rig.now += 12.5 * HOUR_MS;
    const yesterday = saltOf(TODAY)!;
    restart();
    await rig.settle();
    expect(saltOf(TODAY)).toBe(yesterday);
    expect(given.map(([day]) => day)).toEqual([TODAY, TODAY + 1, TODAY + 2]);
  });

  it('draws anew at once when the clock is set back over days whose salts are gone', async () => {
    await rig.pass(10 * DAY_MS);
    await rig.pass(-8 * DAY_MS);
    expect(given.map(([day]) => day)).toEqual([TODAY + 2, TODAY + 3]);
  });

  it('cannot be asked for by a person', () => {
    expect(() => rig.desk.start('salt-rotation', {})).toThrow(/runs by itself/);
  });
});
