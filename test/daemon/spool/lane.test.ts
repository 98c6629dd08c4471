import { beforeEach, describe, expect, it } from 'vitest';
import { batchNumber } from '../../../daemon/spool/batch.ts';
import { type Lane, openLane } from '../../../daemon/spool/lane.ts';
import { scanSegment } from '../../../daemon/spool/segment-scan.ts';
import { SegmentBroken } from '../../../daemon/spool/segment-writer.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import { eventId, eventIds, groupRecord, keyedEvent, SOME_TIME, sampleEvent } from '../../support/events.ts';
import { diskError, SimulatedDisk } from '../../support/simulated-disk.ts';

const FOLDER = '/home/spool/events';
const FIRST = 0x2b00000000n;

let disk: SimulatedDisk;
let lane: Lane;
let clock: number;

beforeEach(() => {
  clock = 1_000;
  disk = new SimulatedDisk(1);
  lane = open();
});

function open(): Lane {
  return openLane(disk, FOLDER, EVENT_COLUMN_HEADS, FIRST, () => clock).lane;
}

async function append(...numbers: number[]): Promise<void> {
  lane.write([groupRecord(numbers.map((number) => sampleEvent(number)))]);
  await lane.sync();
}

/** Ids of the events in a segment file. */
function idsIn(file: string, name: string): string[] {
  return scanSegment(disk.read(file), name, EVENT_COLUMN_HEADS).groups.flatMap((group) => eventIds(group.rows));
}

function segments(): string[] {
  return disk
    .list(FOLDER)
    .filter((file) => file.endsWith('.seg'))
    .sort();
}

describe('a lane', () => {
  it('seals what it holds into a batch that says what is in the file', async () => {
    clock = 5_000;
    const { name } = lane.active;
    lane.write([
      groupRecord([sampleEvent(1), keyedEvent(2, { occurred_at: Date.UTC(2026, 11, 1) })]),
      groupRecord([sampleEvent(3)]),
    ]);
    await lane.sync();
    const batch = lane.seal();
    expect(batch).toMatchObject({ name, rows: 3, columns: EVENT_COLUMN_HEADS, recovered: false, firstRowAt: 5_000 });
    expect(batch.months).toEqual(
      new Map([
        [202611, 2],
        [202612, 1],
      ]),
    );
    expect(batch.bytes).toBe(disk.size(batch.file));
    expect(idsIn(batch.file, name)).toEqual([eventId(1), eventId(2), eventId(3)]);
    expect(scanSegment(disk.read(batch.file), name, EVENT_COLUMN_HEADS)).toMatchObject({
      sealed: true,
      damaged: false,
      tail: 'none',
    });
  });

  it('tells what it holds, sealed or not, and nothing while it is empty', async () => {
    expect([lane.rows, lane.bytes, lane.segments, lane.oldestRowAt]).toEqual([0, 0, 0, 0]);
    clock = 2_000;
    await append(1, 2);
    const batch = lane.seal();
    clock = 3_000;
    await append(3);
    expect([lane.rows, lane.segments, lane.oldestRowAt]).toEqual([3, 2, 2_000]);
    expect(lane.bytes).toBe(batch.bytes + lane.active.bytes);
    lane.forget(batch);
    expect([lane.rows, lane.segments, lane.oldestRowAt]).toEqual([1, 1, 3_000]);
    lane.forget(lane.seal());
    expect([lane.rows, lane.bytes, lane.segments, lane.oldestRowAt]).toEqual([0, 0, 0, 0]);
  });

  it('gives its files back when it is closed', async () => {
    await append(1);
    lane.seal();
    lane.reserve(2);
    lane.close();
    expect(disk.openFiles).toEqual([]);
  });
});

describe('numbers', () => {
  it('grow from the first one and are never used again when all segments are gone', async () => {
    const seen: bigint[] = [];
    for (let round = 0; round < 4; round++) {
      await append(round);
      const batch = lane.seal();
      seen.push(batchNumber(batch.name));
      lane.forget(batch);
      lane.close();
      disk = disk.kill();
      lane = open();
    }
    expect(seen[0]).toBe(FIRST + 1n);
    expect(seen.toSorted((a, b) => Number(a - b))).toEqual(seen);
    expect(new Set(seen).size).toBe(4);
  });

  it('are not used again after a power cut right behind any call to the disk', async () => {
    for (let calls = 1; calls < 60; calls++) {
      disk = new SimulatedDisk(calls);
      lane = open();
      const used = new Set<string>();
      let left = calls;
      disk.fault = () => (left-- > 0 ? null : diskError('EIO', 'power'));
      try {
        for (;;) {
          used.add(lane.active.name);
          await append(1);
          lane.forget(lane.seal());
        }
      } catch {}
      disk = disk.crash();
      lane = open();
      expect(used, `after ${calls} calls`).not.toContain(lane.active.name);
    }
  });

  it('that were reserved for halves are not used again when the halves are gone', async () => {
    await append(1);
    const halves = lane.reserve(2);
    lane.close();
    disk = disk.crash();
    lane = open();
    expect(batchNumber(lane.active.name)).toBeGreaterThan(batchNumber(halves[1]!));
    expect(batchNumber(halves[1]!)).toBe(batchNumber(halves[0]!) + 1n);
  });

  it('of the spare that a reservation replaces leave no file behind', () => {
    const before = segments().length;
    lane.reserve(2);
    expect(segments()).toHaveLength(before);
  });

  it('go on when the highest segment is one whose rows were lost', () => {
    lane.close();
    disk = disk.kill();
    disk.plant(`${FOLDER}/0000002b0000ffff.seg`, Buffer.from('not a segment at all'));
    lane = open();
    expect(batchNumber(lane.active.name)).toBeGreaterThan(0x2b0000ffffn);
  });
});

describe('on a full disk', () => {
  it('a write is refused as a whole, and the next one that fits is whole', async () => {
    await append(1);
    const before = lane.active.bytes;
    disk.room = 200;
    expect(() => lane.write([groupRecord([sampleEvent(2), sampleEvent(3), sampleEvent(4)])])).toThrow('ENOSPC');
    expect(lane.active.bytes).toBe(before);
    expect(lane.rows).toBe(1);
    disk.room = Number.POSITIVE_INFINITY;
    await append(5);
    const batch = lane.seal();
    expect(idsIn(batch.file, batch.name)).toEqual([eventId(1), eventId(5)]);
    expect([...batch.months.values()]).toEqual([2]);
  });

  it('sealing goes on in the spare, once; then it throws and changes nothing', async () => {
    await append(1);
    disk.room = 0;
    const first = lane.seal();
    expect(idsIn(first.file, first.name)).toEqual([eventId(1)]);

    disk.room = 4_000;
    await append(2);
    disk.room = 0;
    const { name, bytes } = lane.active;
    expect(() => lane.seal()).toThrow('ENOSPC');
    expect(lane.active).toMatchObject({ name, bytes, rows: 1 });
    expect(lane.sealed).toEqual([first]);
  });

  it('a batch can be forgotten, which makes room for a spare and so for sealing', async () => {
    await append(1, 2, 3, 4, 5, 6);
    await append(7, 8, 9, 10, 11, 12);
    disk.room = 0;
    const first = lane.seal();
    lane.forget(first);
    expect(disk.list(FOLDER)).not.toContain(`${first.name}.seg`);
    await append(13);
    disk.room = 0;
    const second = lane.seal();
    expect(idsIn(second.file, second.name)).toEqual([eventId(13)]);
  });

  it('no numbers can be reserved, and the spare stays', async () => {
    disk.room = 0;
    const before = segments();
    expect(() => lane.reserve(2)).toThrow('ENOSPC');
    expect(segments()).toEqual(before);
    disk.room = 100_000;
    await append(1);
    disk.room = 0;
    expect(() => lane.seal()).not.toThrow();
  });

  it('a lane opens with no room for a spare', async () => {
    await append(1);
    lane.close();
    disk = disk.kill();
    disk.room = 3_000;
    lane = open();
    expect(lane.rows).toBe(1);
    expect(lane.sealed).toHaveLength(1);
  });
});

describe('when the disk fails', () => {
  it('and a write can neither be completed nor taken back, says that the segment is broken', () => {
    disk.fault = ({ name }) => (name === 'append' || name === 'truncate' ? diskError('EIO', name) : null);
    expect(() => lane.write([groupRecord([sampleEvent(1)])])).toThrow(SegmentBroken);
  });

  it('a sync says so', async () => {
    lane.write([groupRecord([sampleEvent(1)])]);
    disk.fault = ({ name }) => (name === 'sync' ? diskError('EIO', name) : null);
    await expect(lane.sync()).rejects.toThrow('EIO');
  });

  it('to make a spare, what was sealed is a batch all the same', async () => {
    await append(1);
    const { name } = lane.active;
    disk.fault = (call) => (call.name === 'create' ? diskError('EMFILE', call.file) : null);
    expect(() => lane.seal()).toThrow('EMFILE');
    expect(lane.sealed.map((batch) => batch.name)).toEqual([name]);
    expect(lane.rows).toBe(1);
  });

  it('and the disk is full, a spare that cannot be taken back in pieces is taken away as a whole', async () => {
    await append(1);
    disk.room = 50;
    disk.fault = ({ name }) => (name === 'truncate' ? diskError('EIO', name) : null);
    const before = segments();
    lane.seal();
    expect(segments()).toEqual(before);
    expect(lane.sealed).toHaveLength(1);
  });

  it('to make a segment durable, the segment is taken away again', () => {
    const before = segments();
    disk.fault = (call) => (call.name === 'syncFolder' ? diskError('EIO', call.file) : null);
    expect(() => lane.reserve(1)).toThrow('EIO');
    expect(segments()).toEqual(before);
  });
});

it('months of rows from several years are kept apart', async () => {
  lane.write([groupRecord([sampleEvent(1, { occurred_at: SOME_TIME - 366 * 86_400_000 }), sampleEvent(2)])]);
  await lane.sync();
  expect([...lane.seal().months.keys()].sort()).toEqual([202511, 202611]);
});
