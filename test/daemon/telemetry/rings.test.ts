import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { emptySample, Rings, type Sample } from '../../../daemon/telemetry/rings.ts';
import { loadRings, packRings, saveRings } from '../../../daemon/telemetry/rings-file.ts';
import { RINGS, SERIES_NAMES, type SeriesName } from '../../../src/control/stream.ts';

/** A whole minute. */
const START = 1_700_000_040;
const at = (name: SeriesName) => SERIES_NAMES.indexOf(name);

function sample(values: Partial<Record<SeriesName, number>>, latency: readonly [bucket: number, count: number][] = []) {
  const made: Sample = emptySample();
  for (const [name, value] of Object.entries(values)) made.values[at(name as SeriesName)] = value;
  for (const [bucket, count] of latency) made.latency[bucket] = count;
  return made;
}

/** Points of one series of one ring as a reader gets them. */
function points(rings: Rings, ring: number, name: SeriesName) {
  return rings.rings[ring]!.toPoints().values[at(name)]!;
}

function temporaryFile(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-rings-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, 'telemetry.bin');
}

describe('rings', () => {
  test('seconds become coarser points by the kind of the series', () => {
    const rings = new Rings();
    for (let second = 1; second <= 60; second++) {
      rings.push(START + second, sample({ accepted: second, spool_rows: second, lag_ms: 100 - second }, [[3, second]]));
    }
    expect(points(rings, 0, 'accepted')).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(points(rings, 1, 'accepted')).toEqual([5.5, 15.5, 25.5, 35.5, 45.5, 55.5]);
    expect(points(rings, 1, 'spool_rows')).toEqual([10, 20, 30, 40, 50, 60]);
    expect(points(rings, 1, 'lag_ms')).toEqual([99, 89, 79, 69, 59, 49]);
    expect(points(rings, 2, 'accepted')).toEqual([30.5]);
    const { latency, endsAt } = rings.rings[2]!.toPoints();
    expect(latency).toEqual([[3, 1_830]]);
    expect(endsAt).toBe((START + 60) * 1_000);
  });

  test('time that nobody sampled is a gap, and a coarser point is that of the seconds that were', () => {
    const rings = new Rings();
    for (const second of [1, 2, 3, 14, 20]) rings.push(START + second, sample({ accepted: 6, lag_ms: second }));
    const seconds = points(rings, 0, 'accepted');
    expect(seconds).toHaveLength(20);
    expect(seconds.slice(2, 15)).toEqual([6, ...Array(10).fill(null), 6, null]);
    expect(points(rings, 1, 'accepted')).toEqual([6, 6]);
    expect(points(rings, 1, 'lag_ms')).toEqual([3, 20]);
  });

  test('an unknown value is a gap, not a zero', () => {
    const rings = new Rings();
    for (let second = 1; second <= 10; second++) rings.push(START + second, sample({ accepted: 1 }));
    expect(points(rings, 1, 'lag_ms')).toEqual([null]);
    expect(points(rings, 1, 'accepted')).toEqual([1]);
  });

  test('the newest points stay and the memory is that of the start, however long it runs', () => {
    const rings = new Rings();
    const bytes = () =>
      rings.rings.reduce((sum, { values, latency }) => sum + values.byteLength + latency.byteLength, 0);
    const before = bytes();
    const [{ points: kept }] = RINGS;
    for (let second = 1; second <= 3 * kept; second++) rings.push(START + second, sample({ accepted: second }));
    const seconds = points(rings, 0, 'accepted');
    expect(seconds).toHaveLength(kept);
    expect([seconds[0], seconds.at(-1)]).toEqual([2 * kept + 1, 3 * kept]);
    expect(bytes()).toBe(before);
    expect(before).toBeLessThan(3.2e6);
  });

  test('a clock that is set back leaves nothing of the future', () => {
    const rings = new Rings();
    for (let second = 1; second <= 30; second++) rings.push(START + second, sample({ accepted: second }));
    rings.push(START + 10, sample({ accepted: 1_000 }));
    const seconds = points(rings, 0, 'accepted');
    expect(seconds).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000]);
    rings.push(START + 12, sample({ accepted: 7 }));
    expect(points(rings, 0, 'accepted').slice(9)).toEqual([1_000, null, 7]);
  });

  test('a sleep longer than a ring empties it', () => {
    const rings = new Rings();
    for (let second = 1; second <= 30; second++) rings.push(START + second, sample({ accepted: 5 }));
    rings.push(START + 100_000, sample({ accepted: 1 }));
    const seconds = points(rings, 0, 'accepted');
    expect(seconds).toHaveLength(RINGS[0].points);
    expect(seconds.filter((value) => value !== null)).toEqual([1]);
  });
});

describe('the file of the rings', () => {
  test('gives back what was saved, and time between is a gap', () => {
    const file = temporaryFile();
    const before = new Rings();
    for (let second = 1; second <= 75; second++) {
      before.push(START + second, sample({ accepted: second, disk_free_bytes: 1e12 + second }, [[second % 36, 2]]));
    }
    saveRings(file, packRings(before));
    const after = new Rings();
    expect(loadRings(file, after)).toBe(true);
    expect(after.rings.map((ring) => ring.toPoints())).toEqual(before.rings.map((ring) => ring.toPoints()));
    after.push(START + 78, sample({ accepted: 1 }));
    expect(points(after, 0, 'accepted').slice(-4)).toEqual([75, null, null, 1]);
    after.push(START + 80, sample({ accepted: 1 }));
    expect(points(after, 1, 'accepted').at(-1)).toBeCloseTo((71 + 72 + 73 + 74 + 75 + 1 + 1) / 7, 3);
  });

  test('a damaged, short, foreign or missing file is not taken', () => {
    const file = temporaryFile();
    const rings = new Rings();
    rings.push(START, sample({ accepted: 1 }));
    const packed = packRings(rings);
    const flipped = Buffer.from(packed);
    flipped[packed.length - 5]! ^= 1;
    const older = Buffer.concat([Buffer.from('{"magic":"trackflow.telemetry/0"}\n'), packed]);
    for (const bytes of [flipped, packed.subarray(0, -1), older, Buffer.from('no line at all'), Buffer.alloc(0)]) {
      fs.writeFileSync(file, bytes);
      const loaded = new Rings();
      expect(loadRings(file, loaded)).toBe(false);
      expect(loaded.newestSecond).toBe(0);
    }
    expect(loadRings(`${file}.none`, new Rings())).toBe(false);
  });
});
