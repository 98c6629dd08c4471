import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeadLetterRow, SpoolState } from '../../../daemon/state/spool-state.ts';
import { StateFile } from './state-file.ts';

let file: StateFile;
let state: SpoolState;

beforeEach(() => {
  file = new StateFile();
  state = new SpoolState(file.db, 'events');
});

afterEach(() => file.remove());

function restart(): void {
  state = new SpoolState(file.reopen(), 'events');
}

function keys(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(15, '0')}`);
}

function known(all: readonly string[]): number {
  return all.filter((key) => state.known(key)).length;
}

describe('client ids', () => {
  it('are remembered whatever their bytes, also across a restart', () => {
    const strange = ['\0'.repeat(16), '\xff'.repeat(16), `\0'"\n\x80${'x'.repeat(11)}`];
    state.remember(strange, 1);
    restart();
    expect(known(strange)).toBe(3);
    expect(state.known('\xff'.repeat(15))).toBe(false);
  });

  it('are remembered once', () => {
    state.remember(['a', 'a', 'b'], 1);
    state.remember(['a'], 2);
    expect(state.prune(10, 100, 100)).toBe(2);
  });

  it('say which segments they are complete of: those up to the youngest that was stored', () => {
    const stored = () => [9, 10, 11].map((number) => state.keysStored(number.toString(16).padStart(16, '0')));
    expect(stored()).toEqual([false, false, false]);
    state.remember(['a'], 1);
    expect(stored()).toEqual([false, false, false]);
    state.remember(['b'], 1, '000000000000000a');
    state.remember(['c'], 1, '0000000000000009');
    restart();
    expect(stored()).toEqual([true, true, false]);
  });

  it('say nothing of another spool, whose numbers may be lower or higher', () => {
    state.remember(['a'], 1, '5000000000000009');
    expect(['4000000000000001', '6000000000000001'].map((segment) => state.keysStored(segment))).toEqual([
      false,
      false,
    ]);
    state.remember(['b'], 1, '4000000000000001');
    expect(state.keysStored('4000000000000001')).toBe(true);
    expect(state.keysStored('4000000000000002')).toBe(false);
    expect(state.keysStored('5000000000000009')).toBe(false);
  });

  it('are not remembered at all when one of a transaction cannot be', () => {
    expect(() => state.remember(['a', null as never], 1, '000000000000000f')).toThrow();
    expect(state.known('a')).toBe(false);
    expect(state.keysStored('000000000000000f')).toBe(false);
  });
});

describe('pruning client ids', () => {
  it('removes those that were seen before the window and no others', () => {
    state.remember(keys('a', 5), 100);
    state.remember(keys('b', 5), 200);
    expect(state.prune(200, 1_000, 1_000)).toBe(5);
    expect([known(keys('a', 5)), known(keys('b', 5))]).toEqual([0, 5]);
  });

  it('keeps no more than it may, the newest', () => {
    const all = keys('a', 10);
    state.remember(all, 100);
    expect(state.prune(0, 4, 1_000)).toBe(6);
    expect(all.filter((key) => state.known(key))).toEqual(all.slice(6));
  });

  it('removes a bounded number at a time, the oldest first, until the rest is right', () => {
    const all = keys('a', 10);
    state.remember(all, 100);
    expect(state.prune(200, 1_000, 4)).toBe(4);
    expect(all.filter((key) => state.known(key))).toEqual(all.slice(4));
    expect([state.prune(200, 1_000, 4), state.prune(200, 1_000, 4), state.prune(200, 1_000, 4)]).toEqual([4, 2, 0]);
  });

  it('of an empty window removes nothing, and ids go on after it was emptied', () => {
    expect(state.prune(1_000, 0, 10)).toBe(0);
    state.remember(['a'], 1);
    state.prune(1_000, 10, 10);
    state.remember(['b'], 5_000);
    expect(state.prune(1_000, 10, 10)).toBe(0);
    expect(state.known('b')).toBe(true);
  });
});

describe('the total of stored rows', () => {
  it('counts a batch once, also when it is counted again after a crash', () => {
    state.countStored('01', 10);
    restart();
    state.countStored('01', 10);
    state.countStored('02', 5);
    expect(state.totals()).toEqual({ stored: 15, deadLettered: 0 });
  });

  it('takes the last number for a batch that is counted again with another one', () => {
    state.countStored('01', 10);
    state.countStored('02', 4);
    expect(state.counted()).toBe('02');
    state.countStored('02', 7);
    expect(state.totals().stored).toBe(17);
  });

  it('takes in what could not be counted before', () => {
    state.countStored('03', 5, 100);
    state.countStored('03', 5);
    expect(state.totals().stored).toBe(105);
  });

  it('is that of each lane', () => {
    const other = new SpoolState(file.db, 'payments');
    state.countStored('01', 10);
    other.countStored('01', 3);
    expect([state.totals().stored, other.totals().stored]).toEqual([10, 3]);
  });
});

describe('dead letters', () => {
  const letter = (batch: string, rows: number, lane = 'events'): DeadLetterRow => ({
    batch,
    lane,
    rows,
    bytes: 100,
    reason: `Cannot parse "it's" (${rows})`,
    at: 1_000,
  });

  it('are listed in their order with what was said, also after a restart', () => {
    state.addDeadLetter(letter('02', 2));
    state.addDeadLetter(letter('01', 1));
    restart();
    expect(state.deadLetters()).toEqual([letter('01', 1), letter('02', 2)]);
    expect(state.totals().deadLettered).toBe(3);
  });

  it('are counted once, however often they are added', () => {
    state.addDeadLetter(letter('01', 2));
    state.addDeadLetter({ ...letter('01', 2), reason: 'found again' });
    expect(state.totals().deadLettered).toBe(2);
    expect(state.deadLetters()).toEqual([letter('01', 2)]);
  });

  it('that are replayed leave the total, those that are dropped stay in it; twice is once', () => {
    for (const batch of ['01', '02']) state.addDeadLetter(letter(batch, 2));
    for (let time = 0; time < 2; time++) state.removeDeadLetter(letter('01', 2), true);
    expect(state.totals().deadLettered).toBe(2);
    for (let time = 0; time < 2; time++) state.removeDeadLetter(letter('02', 2), false);
    expect(state.totals().deadLettered).toBe(2);
    expect(state.deadLetters()).toEqual([]);
  });

  it('of other lanes are not listed', () => {
    new SpoolState(file.db, 'payments').addDeadLetter(letter('03', 2, 'payments'));
    expect(state.deadLetters()).toEqual([]);
  });
});
