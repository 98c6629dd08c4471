import { describe, expect, it } from 'vitest';
import { uuidOf } from '../../model/row-blocks.ts';
import { diskError } from '../../support/simulated-disk.ts';
import { DEAD_LETTERS, laneRig, rowsIn, SEGMENTS } from './lane-rig.ts';

const OCTOBER = 202610;
const NOVEMBER = 202611;
const ALL = { months: [OCTOBER, NOVEMBER] };
const CALLS_OF_A_SPLIT_MAX = 60;

describe('a stored batch', () => {
  it('is counted, its segment removed, and told', async () => {
    const rig = laneRig();
    await rig.fates.stored(rig.batch('abC'), 0);
    expect(rowsIn(rig.disk, SEGMENTS)).toBe('');
    expect(rig.state.totals()).toEqual({ stored: 3, deadLettered: 0 });
    expect(rig.told).toEqual(['stored 3 of 3, 0 too many']);
  });

  it('is counted once when the daemon dies before its segment is removed, whatever is flushed first then', async () => {
    const rig = laneRig();
    const batch = rig.batch('abcd');
    rig.batch('e');
    await rig.fates.split(batch, { months: [OCTOBER] }, 'no');
    rig.disk.fault = ({ name }) => (name === 'unlink' ? new Error('killed') : null);
    await expect(rig.fates.stored(rig.lane.sealed[0]!, 0)).rejects.toThrow('killed');
    const next = rig.restart();
    while (next.lane.sealed.length > 0) await next.fates.stored(next.lane.sealed[0]!, 0);
    expect(next.state.totals().stored).toBe(5);
  });

  it('is removed although the total cannot be written, which takes it up with the next batch', async () => {
    const rig = laneRig();
    const { countStored } = rig.state;
    rig.state.countStored = () => {
      throw new Error('SQLITE_FULL');
    };
    await rig.fates.stored(rig.batch('ab'), 0);
    rig.state.countStored = countStored;
    expect(rig.told[0]).toBe('state failed: SQLITE_FULL');
    expect(rowsIn(rig.disk, SEGMENTS)).toBe('');
    await rig.fates.stored(rig.batch('c'), 0);
    expect(rig.state.totals().stored).toBe(3);
  });
});

describe('a split', () => {
  it('puts two halves in the place of the batch, never tried before', async () => {
    const rig = laneRig();
    const batch = rig.batch('abcde');
    rig.batch('x');
    await rig.fates.split(batch, { months: [OCTOBER] }, 'bad');
    expect(rig.lane.sealed.map(({ rows, recovered }) => [rows, recovered])).toEqual([
      [3, false],
      [2, false],
      [1, false],
    ]);
    expect(rig.told).toEqual(['split into 2: bad']);
    expect(rig.lane.rows).toBe(6);
  });

  it('counts what is stored and keeps what is not', async () => {
    const rig = laneRig();
    const stored = new Map([[OCTOBER, new Map([[uuidOf('a'), 1]])]]);
    await rig.fates.split(rig.batch('abCDe'), { months: [OCTOBER], stored }, 'bad');
    expect(rowsIn(rig.disk, SEGMENTS)).toBe('be');
    expect(rig.state.totals().stored).toBe(3);
    expect(rig.told).toContain('stored 3 of 5, 0 too many');
  });

  it('leaves either the parent or the halves, whichever call kills the daemon', async () => {
    for (let at = 0; ; at++) {
      const rig = laneRig();
      const batch = rig.batch('abCd');
      let calls = 0;
      rig.disk.fault = () => (calls++ >= at ? new Error('killed') : null);
      const died = await rig.fates.split(batch, ALL, 'bad').then(
        () => false,
        () => true,
      );
      const next = rig.restart();
      expect(rowsIn(next.disk, SEGMENTS)).toBe('Cabd');
      expect(next.lane.rows).toBe(4);
      expect([1, 2]).toContain(next.lane.sealed.length);
      if (!died) break;
      expect(at).toBeLessThan(CALLS_OF_A_SPLIT_MAX);
    }
  });

  it('leaves either the parent or the halves, wherever the power is lost', async () => {
    for (let at = 0; at < CALLS_OF_A_SPLIT_MAX; at++) {
      const rig = laneRig();
      const batch = rig.batch('abCd');
      rig.disk.syncFolder(SEGMENTS);
      await rig.lane.sync();
      rig.disk.plant(batch.file, rig.disk.read(batch.file));
      let calls = 0;
      rig.disk.fault = () => (calls++ >= at ? new Error('off') : null);
      await rig.fates.split(batch, ALL, 'bad').catch(() => {});
      const next = rig.restart(rig.disk.crash());
      expect(rowsIn(next.disk, SEGMENTS)).toBe('Cabd');
    }
  });

  it('finds no room at any call, changes nothing, and succeeds when there is some', async () => {
    for (let at = 0; ; at++) {
      const rig = laneRig();
      const batch = rig.batch('abCd');
      let calls = 0;
      const needsRoom = ['create', 'append', 'rename', 'sync'];
      rig.disk.fault = ({ name, file }) =>
        needsRoom.includes(name) && calls++ === at ? diskError('ENOSPC', file) : null;
      const failed = await rig.fates.split(batch, ALL, 'bad').then(
        () => false,
        (error) => error.code === 'ENOSPC',
      );
      rig.disk.fault = () => null;
      if (!failed) break;
      expect(rowsIn(rig.disk, SEGMENTS)).toBe('Cabd');
      expect(rig.lane.sealed).toEqual([batch]);
      await rig.fates.split(batch, ALL, 'bad');
      expect(rowsIn(rig.restart().disk, SEGMENTS)).toBe('Cabd');
      expect(at).toBeLessThan(CALLS_OF_A_SPLIT_MAX);
    }
  });

  it('counts what is stored once, however often neither the halves nor the total find room', async () => {
    const rig = laneRig();
    const batch = rig.batch('abCDE');
    const { countStored } = rig.state;
    const noRoom = () => {
      throw new Error('SQLITE_FULL');
    };
    rig.disk.room = 0;
    for (const count of [noRoom, noRoom, countStored, noRoom]) {
      rig.state.countStored = count;
      await expect(rig.fates.split(batch, { months: [OCTOBER] }, 'bad')).rejects.toThrow('ENOSPC');
    }
    rig.disk.room = Number.POSITIVE_INFINITY;
    await rig.fates.split(batch, { months: [OCTOBER] }, 'bad');
    rig.state.countStored = countStored;
    while (rig.lane.sealed.length > 0) await rig.fates.stored(rig.lane.sealed[0]!, 0);
    expect(rig.state.totals().stored).toBe(5);
  });

  it('never uses a number twice', async () => {
    const rig = laneRig();
    const names = new Set<string>();
    const see = (rows: number) => {
      for (const { name } of rig.lane.sealed) names.add(name);
      expect(names.size).toBe(rows);
    };
    const batch = rig.batch('abcd');
    see(1);
    await rig.fates.split(batch, { months: [OCTOBER] }, 'bad');
    see(3);
    await rig.fates.split(rig.lane.sealed[0]!, { months: [OCTOBER] }, 'bad');
    see(5);
    rig.batch('x');
    see(6);
    const next = rig.restart();
    expect(names).not.toContain(next.batch('y').name);
  });
});

describe('a batch that ClickHouse refuses', () => {
  it('is set aside when it is a single row', async () => {
    const rig = laneRig();
    await rig.fates.split(rig.batch('a!'), { months: [OCTOBER] }, 'INCORRECT_DATA');
    expect(rowsIn(rig.disk, DEAD_LETTERS)).toBe('a!');
    expect(rowsIn(rig.disk, SEGMENTS)).toBe('');
    expect(rig.state.totals()).toEqual({ stored: 0, deadLettered: 1 });
    expect(rig.deadLetters.list()).toMatchObject([{ rows: 1, reason: 'INCORRECT_DATA', at: 1_000 }]);
  });

  it('is set aside whole after 200 within a minute, and split again later', async () => {
    const rig = laneRig();
    for (let row = 0; row < 200; row++) await rig.fates.split(rig.batch('a!'), { months: [OCTOBER] }, 'bad');
    await rig.fates.split(rig.batch('a!b'), { months: [OCTOBER] }, 'bad');
    expect(rig.told.at(-1)).toBe('set aside 2: bad');
    expect(rig.lane.rows).toBe(0);
    rig.clock.ms += 60_001;
    await rig.fates.split(rig.batch('c!d'), { months: [OCTOBER] }, 'bad');
    expect(rig.told.at(-1)).toBe('split into 2: bad');
  });

  it('is not set aside whole while a part of it is stored', async () => {
    const rig = laneRig();
    for (let row = 0; row < 200; row++) await rig.fates.split(rig.batch('a!'), { months: [OCTOBER] }, 'bad');
    await rig.fates.split(rig.batch('a!bC'), { months: [OCTOBER] }, 'bad');
    expect(rig.told).toContain('split into 2: bad');
    expect(rowsIn(rig.disk, SEGMENTS)).toBe('a!b');
  });
});
