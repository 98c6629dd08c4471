import { describe, expect, it } from 'vitest';
import { DEAD_LETTERS, laneRig, rowsIn, SEGMENTS } from './lane-rig.ts';

const killed = () => new Error('killed');

describe('dead letters', () => {
  it('are put back at the end of the spool with their name and counted before they are inserted', () => {
    const rig = laneRig();
    const letter = rig.batch('a!');
    rig.deadLetters.add(letter, 'bad');
    rig.batch('b');
    expect(rig.deadLetters.replay([letter.name])).toBe(1);
    expect(rig.lane.sealed.at(-1)).toMatchObject({ name: letter.name, recovered: true, rows: 1 });
    expect(rig.state.totals().deadLettered).toBe(0);
    expect(rowsIn(rig.disk, DEAD_LETTERS)).toBe('');
  });

  it('stay counted when they are dropped', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!b!'), 'bad');
    rig.deadLetters.add(rig.batch('c!'), 'bad');
    expect(rig.deadLetters.drop('all')).toBe(2);
    expect(rig.deadLetters.list()).toEqual([]);
    expect(rowsIn(rig.disk, DEAD_LETTERS)).toBe('');
    expect(rig.state.totals().deadLettered).toBe(3);
  });

  it('are taken by name, and a name that nobody knows takes none', () => {
    const rig = laneRig();
    const letter = rig.batch('a!');
    rig.deadLetters.add(letter, 'bad');
    rig.deadLetters.add(rig.batch('b!'), 'bad');
    expect(rig.deadLetters.replay(['ffffffffffffffff'])).toBe(0);
    expect(rig.deadLetters.drop([letter.name])).toBe(1);
    expect(rig.deadLetters.list()).toHaveLength(1);
  });

  it('keep the first 500 characters of a reason', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!'), 'x'.repeat(600));
    expect(rig.deadLetters.list()[0]?.reason).toHaveLength(500);
  });

  it('are set aside although the index has no room, and found at the next start', () => {
    const rig = laneRig();
    const { addDeadLetter } = rig.state;
    rig.state.addDeadLetter = () => {
      throw new Error('SQLITE_FULL');
    };
    expect(rig.deadLetters.add(rig.batch('a!'), 'bad')).toMatchObject({ message: 'SQLITE_FULL' });
    expect(rig.lane.sealed).toEqual([]);
    rig.state.addDeadLetter = addDeadLetter;
    const next = rig.restart();
    expect(next.deadLetters.list()).toMatchObject([{ rows: 1, reason: 'found without a reason at start' }]);
    expect(next.state.totals().deadLettered).toBe(1);
  });
});

describe('a crash while a dead letter', () => {
  it('is set aside leaves it in the spool or set aside and counted', () => {
    for (const at of ['rename', 'syncFolder']) {
      const rig = laneRig();
      const letter = rig.batch('a!');
      rig.disk.fault = ({ name }) => (name === at ? killed() : null);
      expect(() => rig.deadLetters.add(letter, 'bad')).toThrow('killed');
      const next = rig.restart();
      const aside = at === 'syncFolder';
      expect(rowsIn(next.disk, aside ? DEAD_LETTERS : SEGMENTS)).toBe('a!');
      expect(next.lane.rows).toBe(aside ? 0 : 1);
      expect(next.state.totals().deadLettered).toBe(aside ? 1 : 0);
      expect(next.restart().state.totals().deadLettered).toBe(aside ? 1 : 0);
    }
  });

  it('is put back leaves it in the spool and no longer counted', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!'), 'bad');
    rig.disk.fault = ({ name }) => (name === 'syncFolder' ? killed() : null);
    expect(() => rig.deadLetters.replay('all')).toThrow('killed');
    const next = rig.restart();
    expect(next.lane.rows).toBe(1);
    expect(next.deadLetters.list()).toEqual([]);
    expect(next.state.totals().deadLettered).toBe(0);
  });

  it('is dropped leaves it gone and counted', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!'), 'bad');
    const { removeDeadLetter } = rig.state;
    rig.state.removeDeadLetter = () => {
      throw killed();
    };
    expect(() => rig.deadLetters.drop('all')).toThrow('killed');
    rig.state.removeDeadLetter = removeDeadLetter;
    const next = rig.restart();
    expect(next.deadLetters.list()).toEqual([]);
    expect(next.state.totals().deadLettered).toBe(1);
  });
});
