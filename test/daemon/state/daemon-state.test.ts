import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonState } from '../../../daemon/state/daemon-state.ts';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { STATE_SCHEMA, StateFile } from './state-file.ts';

let file: StateFile;
let state: DaemonState;

beforeEach(() => {
  file = new StateFile();
  state = new DaemonState(file.db);
});

afterEach(() => file.remove());

function restart(): void {
  state = new DaemonState(file.reopen());
}

/** Whether these bytes lie anywhere in the files of the database. */
function onDisk(bytes: Buffer): boolean {
  return readdirSync(file.folder).some((name) => readFileSync(path.join(file.folder, name)).includes(bytes));
}

describe('counters', () => {
  it('go on after a restart, the last value of each', () => {
    state.saveCounters(
      new Map([
        ['a', 1],
        ['b', 2 ** 53 - 1],
      ]),
    );
    state.saveCounters(new Map([['a', 5]]));
    restart();
    expect(state.counters()).toEqual(
      new Map([
        ['a', 5],
        ['b', 2 ** 53 - 1],
      ]),
    );
  });
});

describe('salts', () => {
  it('of a day are drawn once and outlive a restart', () => {
    const drawn = state.drawSalts(['2026-11-20', '2026-11-21']);
    expect(drawn.map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-21']);
    expect(drawn.every(({ salt }) => salt.length === 32)).toBe(true);
    expect(drawn[0]!.salt.equals(drawn[1]!.salt)).toBe(false);
    restart();
    expect(state.drawSalts(['2026-11-20', '2026-11-21'])).toEqual(drawn);
  });

  it('of other days are destroyed, on disk too, and a new one is drawn should the day come again', () => {
    const [old, kept] = state.drawSalts(['2026-11-20', '2026-11-21']);
    expect(onDisk(old!.salt)).toBe(true);
    expect(state.destroySalts(['2026-11-21'])).toBe(1);
    expect(state.emptyLog()).toBe(true);
    expect(onDisk(old!.salt)).toBe(false);
    expect(onDisk(kept!.salt)).toBe(true);
    expect(state.drawSalts(['2026-11-20'])[0]!.salt.equals(old!.salt)).toBe(false);
  });

  it('stay in the write-ahead log while somebody reads it, and that is said', () => {
    const [old] = state.drawSalts(['2026-11-20']);
    const reader = openStateDatabase(file.file, STATE_SCHEMA);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM salts').get();
    file.db.pragma('busy_timeout = 50');
    state.destroySalts(['2026-11-21']);
    expect(state.emptyLog()).toBe(false);
    expect(onDisk(old!.salt)).toBe(true);
    reader.exec('COMMIT');
    reader.close();
    expect(state.emptyLog()).toBe(true);
    expect(onDisk(old!.salt)).toBe(false);
  });
});

describe('property keys', () => {
  it('are kept once for each account', () => {
    const keys = [
      { account: 'a', key: 'plan' },
      { account: 'b', key: 'plan' },
      { account: 'a', key: 'ключ' },
    ];
    state.addPropertyKeys(keys);
    state.addPropertyKeys(keys.slice(0, 2));
    restart();
    expect(state.propertyKeys()).toHaveLength(3);
    expect(state.propertyKeys()).toEqual(expect.arrayContaining(keys));
  });
});
