import { describe, expect, it } from 'vitest';
import { DEAD_LETTERS, type LaneRig, laneRig, rowsIn, SEGMENTS } from './lane-rig.ts';

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

describe('an index without room', () => {
  function withoutRoomOnce(rig: LaneRig): void {
    const { removeDeadLetter } = rig.state;
    rig.state.removeDeadLetter = () => {
      rig.state.removeDeadLetter = removeDeadLetter;
      throw new Error('SQLITE_FULL');
    };
  }

  it('leaves a dead letter that is to be put back where it is, to be put back later', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!'), 'bad');
    withoutRoomOnce(rig);
    expect(() => rig.deadLetters.replay('all')).toThrow('SQLITE_FULL');
    expect(rowsIn(rig.disk, DEAD_LETTERS)).toBe('a!');
    expect(rig.lane.rows).toBe(0);
    expect(rig.deadLetters.replay('all')).toBe(1);
    expect(rig.lane.rows).toBe(1);
    expect(rig.state.totals().deadLettered).toBe(0);
  });

  it('does not let one that was dropped stand in the way of others', () => {
    const rig = laneRig();
    rig.deadLetters.add(rig.batch('a!'), 'bad');
    rig.deadLetters.add(rig.batch('b!'), 'bad');
    withoutRoomOnce(rig);
    expect(() => rig.deadLetters.drop('all')).toThrow('SQLITE_FULL');
    expect(rig.deadLetters.drop('all')).toBe(1);
    expect(rig.deadLetters.list()).toEqual([]);
    expect(rowsIn(rig.disk, DEAD_LETTERS)).toBe('');
    expect(rig.state.totals().deadLettered).toBe(2);
  });
});

describe('a dead letter that is damaged', () => {
  it('is kept in the quarantine when it is put back, and what can be read of it goes on', () => {
    const rig = laneRig();
    const letter = rig.batch('a!', 'b!');
    rig.deadLetters.add(letter, 'bad');
    const file = `${DEAD_LETTERS}/${letter.name}.seg`;
    // In the last group, behind which the seal lies.
    rig.disk.flip(file, letter.bytes - 40);
    expect(() => rig.deadLetters.replay('all')).toThrow(`1 of 2 rows of ${letter.name} can be read`);
    expect(rowsIn(rig.disk, `${SEGMENTS}/quarantine`)).toBe('a!');
    expect(rig.lane.sealed).toMatchObject([{ name: letter.name, rows: 1, recovered: true }]);
    expect(rig.deadLetters.list()).toEqual([]);
  });

  it('is set aside whole when nothing of it can be read', () => {
    const rig = laneRig();
    const letter = rig.batch('a!');
    rig.deadLetters.add(letter, 'bad');
    rig.disk.plant(`${DEAD_LETTERS}/${letter.name}.seg`, Buffer.alloc(letter.bytes, 1));
    expect(() => rig.deadLetters.replay('all')).toThrow('0 of 1 rows');
    expect(rig.disk.list(`${SEGMENTS}/quarantine`)).toEqual([`${letter.name}.seg`]);
    expect([rig.lane.rows, rig.lane.sealed.length]).toEqual([0, 0]);
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
