import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Instruments } from '../../daemon/instruments.ts';
import { allocateCounters, Counters } from '../../daemon/telemetry/counters.ts';
import { RecentLog } from '../../daemon/telemetry/recent-log.ts';
import { Rings } from '../../daemon/telemetry/rings.ts';
import { loadRings } from '../../daemon/telemetry/rings-file.ts';
import { allocateVisitors } from '../../daemon/telemetry/visitors.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Status } from '../../src/control/protocol.ts';
import { SERIES_NAMES, type SeriesName } from '../../src/control/stream.ts';
import type { Engine } from '../../src/engine/engine.ts';

/** A whole minute. */
const START = 1_700_000_040_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const AWAY: Engine = {
  kind: 'url',
  endpoint: {
    url: 'http://127.0.0.1:9',
    database: 'trackflow',
    writer: { user: '', password: '' },
    reader: { user: '', password: '' },
  },
  get shards() {
    return [AWAY];
  },
  state: 'down',
  problem: '',
  version: '',
  pid: 0,
  container: null,
  onState: () => () => {},
  ready: async () => {},
  close: async () => {},
};

/** The instruments of a daemon without the daemon; `status` says how often anybody asked for it. */
function setUp(home = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-instruments-')), now = () => Date.now()) {
  onTestFinished(() => fs.rmSync(home, { recursive: true, force: true }));
  const counters = new Counters(allocateCounters(1), 0);
  const failures: unknown[] = [];
  const ringsFile = path.join(home, 'telemetry.bin');
  const status = vi.fn(() => ({}) as Status);
  const instruments = new Instruments({
    home,
    ringsFile,
    config: configSchema.parse({}),
    counters,
    engine: AWAY,
    places: AWAY.shards,
    log: new RecentLog(),
    status,
    tasks: () => [],
    schedules: () => [],
    visitors: allocateVisitors(1),
    onSaveFailed: (error) => failures.push(error),
    onWatched: () => {},
    now,
    elapsed: () => performance.now(),
  });
  onTestFinished(() => instruments.close());
  return { instruments, counters, failures, home, ringsFile, status };
}

function saved(ringsFile: string, name: SeriesName, ring = 0): readonly (number | null)[] {
  const rings = new Rings();
  expect(loadRings(ringsFile, rings)).toBe(true);
  return rings.rings[ring]!.toPoints().values[SERIES_NAMES.indexOf(name)]!;
}

function total(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

test('the rings are saved every minute, and nobody is asked for a status without a viewer', async () => {
  const { counters, ringsFile, status } = setUp();
  counters.add('events_accepted_total', 7);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(fs.existsSync(ringsFile)).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(fs.existsSync(ringsFile)).toBe(true));
  expect(saved(ringsFile, 'accepted')).toEqual([7, ...Array(59).fill(0)]);
  expect(saved(ringsFile, 'accepted', 1)).toEqual([0.7, 0, 0, 0, 0, 0]);
  expect(status).not.toHaveBeenCalled();
});

test('a main thread that was busy spreads what it missed over the seconds: nothing is lost', async () => {
  const { instruments, counters, ringsFile } = setUp();
  await vi.advanceTimersByTimeAsync(2_000);
  counters.add('events_accepted_total', 40);
  vi.setSystemTime(START + 5_500);
  await vi.advanceTimersByTimeAsync(1_000);
  await instruments.close();
  const accepted = saved(ringsFile, 'accepted');
  expect(accepted.slice(0, 2)).toEqual([0, 0]);
  expect(total(accepted)).toBe(40);
  expect(accepted).not.toContain(null);
});

test('a sleep is a gap', async () => {
  const { instruments, counters, ringsFile } = setUp();
  await vi.advanceTimersByTimeAsync(2_000);
  counters.add('events_accepted_total', 40);
  vi.setSystemTime(START + 100_500);
  await vi.advanceTimersByTimeAsync(2_000);
  await instruments.close();
  const accepted = saved(ringsFile, 'accepted');
  expect(accepted.slice(2, 90)).toEqual(Array(88).fill(null));
  expect(total(accepted)).toBe(40);
});

test('the next start goes on where the rings end, also within the same second', async () => {
  const { instruments, counters, ringsFile, home } = setUp();
  await vi.advanceTimersByTimeAsync(2_300);
  counters.add('events_accepted_total', 5);
  await instruments.close();
  const next = setUp(home);
  next.counters.add('events_accepted_total', 3);
  await vi.advanceTimersByTimeAsync(2_000);
  await next.instruments.close();
  const accepted = saved(ringsFile, 'accepted');
  expect(total(accepted)).toBe(8);
});

test('a timer that fires early forgets nothing', async () => {
  const { instruments, counters, home, ringsFile } = setUp();
  await vi.advanceTimersByTimeAsync(1_000);
  counters.add('events_accepted_total', 5);
  await vi.advanceTimersByTimeAsync(1_300);
  counters.add('events_accepted_total', 3);
  await instruments.close();
  // The next start is within the second for which the last sample stood, and its first timer comes before the end of it.
  const next = setUp(home);
  vi.setSystemTime(START + 2_200);
  next.counters.add('events_accepted_total', 2);
  await vi.advanceTimersByTimeAsync(700);
  await vi.advanceTimersByTimeAsync(2_000);
  await next.instruments.close();
  expect(total(saved(ringsFile, 'accepted'))).toBe(10);
});

test('a timer that fires a millisecond early does not make two seconds one', async () => {
  let early = false;
  const now = () => {
    const at = Date.now() - (early ? 1 : 0);
    early = false;
    return at;
  };
  const { instruments, counters, ringsFile } = setUp(undefined, now);
  for (let second = 0; second < 5; second++) {
    counters.add('events_accepted_total', 10);
    await vi.advanceTimersByTimeAsync(999);
    early = true;
    await vi.advanceTimersByTimeAsync(1);
  }
  await instruments.close();
  expect(saved(ringsFile, 'accepted').slice(0, 5)).toEqual([10, 10, 10, 10, 10]);
});

test('a clock that is set back a little holds the samples up and loses none', async () => {
  const { instruments, counters, ringsFile } = setUp();
  await vi.advanceTimersByTimeAsync(3_000);
  counters.add('events_accepted_total', 5);
  await vi.advanceTimersByTimeAsync(1_000);
  vi.setSystemTime(START + 2_500);
  counters.add('events_accepted_total', 3);
  await vi.advanceTimersByTimeAsync(1_000);
  counters.add('events_accepted_total', 2);
  await instruments.close();
  const accepted = saved(ringsFile, 'accepted');
  expect(accepted.slice(0, 4)).toEqual([0, 0, 0, 5]);
  expect(total(accepted)).toBe(10);
});

test('what came in the moment of the last sample is in the rings after a stop', async () => {
  const { instruments, counters, ringsFile } = setUp();
  await vi.advanceTimersByTimeAsync(2_000);
  counters.add('events_accepted_total', 4);
  await instruments.close();
  expect(total(saved(ringsFile, 'accepted'))).toBe(4);
});

test('rings that cannot be saved are reported, and the stop goes on', async () => {
  const { instruments, failures, ringsFile } = setUp();
  fs.mkdirSync(ringsFile);
  await vi.advanceTimersByTimeAsync(60_000);
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  await instruments.close();
  expect(failures).toHaveLength(2);
});
