import { beforeEach, describe, expect, it } from 'vitest';
import { openLane } from '../../../daemon/spool/lane.ts';
import { checksumSeed, encodeGroup, encodeJsonRecord, RecordKind } from '../../../daemon/spool/record.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import { groupRecord, keyedEvent, sampleEvent } from '../../support/events.ts';
import { diskError, SimulatedDisk } from '../../support/simulated-disk.ts';

const FOLDER = '/home/spool/events';
const QUARANTINE = `${FOLDER}/quarantine`;
const FIRST = 0x2b00000000n;

let disk: SimulatedDisk;

beforeEach(() => {
  disk = new SimulatedDisk(1);
});

function name(number: number): string {
  return `0000002b${number.toString(16).padStart(8, '0')}`;
}

function file(number: number, folder = FOLDER): string {
  return `${folder}/${name(number)}.seg`;
}

/** A whole segment with one group of the given events. Returns where its head ends. */
function plant(number: number, events = [sampleEvent(number)], parent = ''): number {
  const seed = checksumSeed(name(number));
  const head = { segment: name(number), parent, createdAt: 1, columns: EVENT_COLUMN_HEADS };
  const first = encodeJsonRecord(RecordKind.head, head, seed);
  const rest = events.length === 0 ? [] : encodeGroup(groupRecord(events), seed);
  disk.plant(file(number), Buffer.concat([first, ...rest]));
  return first.length;
}

function open() {
  return openLane(disk, FOLDER, EVENT_COLUMN_HEADS, FIRST, () => 9_000);
}

describe('opening a lane', () => {
  it('finds the batches in the order of their numbers, to be verified before anything is inserted', () => {
    for (const number of [9, 10, 2, 300]) plant(number);
    const { lane, report } = open();
    expect(lane.sealed.map((batch) => batch.name)).toEqual([2, 9, 10, 300].map(name));
    expect(lane.sealed.every((batch) => batch.recovered)).toBe(true);
    expect(lane.rows).toBe(4);
    expect(report).toMatchObject({ lastName: name(300), quarantined: [], cut: [] });
  });

  it('says which client ids are in which segment', () => {
    plant(1, [keyedEvent(1), sampleEvent(2), keyedEvent(3)]);
    plant(2, [sampleEvent(4)]);
    const expected = groupRecord([keyedEvent(1), keyedEvent(3)]).keys;
    expect(open().report.keys).toEqual([{ segment: name(1), keys: expected }]);
  });

  it('reads client ids when they are asked for, so that those of one segment at a time are in memory', () => {
    for (const number of [1, 2, 3]) plant(number, [keyedEvent(number)]);
    const { report } = open();
    const reads = () => disk.calls.filter((call) => call.name === 'read').length;
    const before = reads();
    expect(report.keys.map(({ segment }) => segment)).toEqual([1, 2, 3].map(name));
    expect(reads()).toBe(before);
    expect(report.keys[1]!.keys).toEqual(groupRecord([keyedEvent(2)]).keys);
    expect(reads()).toBe(before + 1);
  });

  it('removes segments without a row, once a newer one keeps the count', () => {
    plant(7, []);
    disk.plant(file(8), Buffer.alloc(0));
    const { lane } = open();
    expect(lane.sealed).toEqual([]);
    expect(disk.list(FOLDER)).not.toContain(`${name(7)}.seg`);
    expect(disk.list(FOLDER)).not.toContain(`${name(8)}.seg`);
    expect(lane.active.name).toBe(name(9));
  });

  it('keeps the count when it dies before the newer one is there', () => {
    plant(7, []);
    disk.fault = (call) => (call.name === 'create' ? diskError('EIO', call.file) : null);
    expect(open).toThrow('EIO');
    disk.fault = () => null;
    expect(open().lane.active.name).toBe(name(8));
  });

  it('without any room keeps the count, refuses rows, and takes them once a batch has left', () => {
    plant(
      6,
      Array.from({ length: 50 }, (_, number) => sampleEvent(number)),
    );
    plant(7, []);
    disk.room = 0;
    const { lane } = open();
    expect(lane.active.name).toBe('');
    expect(lane.rows).toBe(50);
    expect(disk.list(FOLDER)).toContain(`${name(7)}.seg`);
    expect(() => lane.write([groupRecord([sampleEvent(1)])])).toThrow('ENOSPC');
    lane.forget(lane.sealed[0]!);
    lane.write([groupRecord([sampleEvent(1)])]);
    expect(lane.active.rows).toBe(1);
    expect(lane.active.name > name(7)).toBe(true);
  });

  it('removes what was never finished and leaves what is not its own', () => {
    plant(1);
    disk.plant(`${FOLDER}/${name(2)}.seg.part`, Buffer.from('half'));
    disk.plant(`${FOLDER}/README`, Buffer.from('somebody was here'));
    const { lane } = open();
    expect(disk.list(FOLDER)).not.toContain(`${name(2)}.seg.part`);
    expect(disk.list(FOLDER)).toContain('README');
    expect(lane.sealed).toHaveLength(1);
  });

  it('reports a write that was cut short without keeping it', () => {
    const headBytes = plant(1);
    disk.plant(file(1), disk.read(file(1)).subarray(0, headBytes + 40));
    const { report } = open();
    expect(report.cut).toEqual([name(1)]);
    expect(report.quarantined).toEqual([]);
    expect(disk.list(QUARANTINE)).toEqual([]);
  });
});

describe('rows that a killed process wrote and did not sync', () => {
  it('are durable before anybody can be told that they are duplicates', () => {
    for (let seed = 0; seed < 20; seed++) {
      disk = new SimulatedDisk(seed);
      open().lane.write([groupRecord([keyedEvent(1), keyedEvent(2)])]);
      disk = disk.kill();
      expect(open().report.keys[0]?.keys).toHaveLength(2);
      disk = disk.crash();
      expect(open().lane.rows, `seed ${seed}`).toBe(2);
    }
  });
});

describe('halves of a split', () => {
  it('do not count while the segment they were made of is there', () => {
    plant(1, [sampleEvent(1), sampleEvent(2)]);
    plant(2, [sampleEvent(1)], name(1));
    plant(3, [sampleEvent(2)], name(1));
    const { lane } = open();
    expect(lane.sealed.map((batch) => batch.name)).toEqual([name(1)]);
    expect(disk.list(FOLDER)).not.toContain(`${name(2)}.seg`);
    expect(lane.active.name).toBe(name(4));
  });

  it('count when it is gone', () => {
    plant(2, [sampleEvent(1)], name(1));
    plant(3, [sampleEvent(2)], name(1));
    expect(open().lane.sealed.map((batch) => batch.name)).toEqual([name(2), name(3)]);
  });

  it('that were split again themselves follow the same rule', () => {
    plant(2, [sampleEvent(1), sampleEvent(2)], name(1));
    plant(3, [sampleEvent(3)], name(1));
    plant(4, [sampleEvent(1)], name(2));
    plant(5, [sampleEvent(2)], name(2));
    expect(open().lane.sealed.map((batch) => batch.name)).toEqual([name(2), name(3)]);
  });
});

describe('a damaged segment', () => {
  it('is kept in quarantine, unchanged, and what can be read of it goes on', () => {
    const headBytes = plant(1, [sampleEvent(1)]);
    const more = Buffer.concat(encodeGroup(groupRecord([sampleEvent(2), sampleEvent(3)]), checksumSeed(name(1))));
    disk.plant(file(1), Buffer.concat([disk.read(file(1)), more]));
    disk.flip(file(1), headBytes + 30);
    const damaged = disk.read(file(1));
    const { lane, report } = open();
    expect(report.quarantined).toEqual([name(1)]);
    expect(lane.rows).toBe(2);
    lane.forget(lane.sealed[0]!);
    disk = disk.crash();
    expect(disk.read(file(1, QUARANTINE)).equals(damaged)).toBe(true);
  });

  it('of which nothing can be read leaves the lane, not the quarantine', () => {
    const headBytes = plant(1);
    disk.flip(file(1), headBytes + 50);
    const { lane } = open();
    expect(lane.sealed).toEqual([]);
    expect(disk.list(FOLDER)).not.toContain(`${name(1)}.seg`);
    disk = disk.crash();
    expect(disk.list(QUARANTINE)).toEqual([`${name(1)}.seg`]);
  });

  it('is kept once, however often the daemon starts, and also on a full disk', () => {
    plant(1);
    disk.flip(file(1), 20);
    for (let start = 0; start < 3; start++) {
      disk = disk.kill();
      disk.room = 4_000;
      open().lane.close();
      expect(disk.list(QUARANTINE)).toEqual([`${name(1)}.seg`]);
    }
  });

  it('that cannot be kept is not touched', () => {
    const headBytes = plant(1);
    disk.flip(file(1), headBytes + 50);
    disk.fault = (call) => (call.name === 'link' ? diskError('EIO', call.file) : null);
    expect(open).toThrow('EIO');
    expect(disk.list(FOLDER)).toContain(`${name(1)}.seg`);
  });

  it('that cannot be read is moved to the quarantine, and its neighbours go on', () => {
    plant(1);
    plant(2);
    disk.fault = (call) => (call.name === 'read' && call.file === file(1) ? diskError('EIO', call.file) : null);
    const { lane, report } = open();
    expect(report.quarantined).toEqual([name(1)]);
    expect(lane.sealed.map((batch) => batch.name)).toEqual([name(2)]);
    expect(disk.list(QUARANTINE)).toEqual([`${name(1)}.seg`]);
    expect(disk.list(FOLDER)).not.toContain(`${name(1)}.seg`);
    lane.close();
  });
});
