import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Stream } from '../../../daemon/control/stream.ts';
import { RecentLog } from '../../../daemon/telemetry/recent-log.ts';
import { emptySample, Rings } from '../../../daemon/telemetry/rings.ts';
import type { StorageReport } from '../../../src/control/storage.ts';
import { SERIES_NAMES, type StreamLine, type StreamState, type TaskFigures } from '../../../src/control/stream.ts';

const START = 1_700_000_000;

/** A viewer that reads everything, or nothing at all. */
class Viewer extends Writable {
  readonly lines: StreamLine[] = [];
  readonly #reads: boolean;

  constructor(reads = true) {
    super({ decodeStrings: false });
    this.#reads = reads;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.lines.push(JSON.parse(chunk) as StreamLine);
    if (this.#reads) done();
  }
}

function setUp() {
  const rings = new Rings();
  const log = new RecentLog();
  const told: {
    state: number;
    tasks: TaskFigures[];
    storage: StorageReport;
    watched: boolean[];
    problems: string[];
  } = {
    state: 0,
    tasks: [],
    storage: { figures: null, failure: '' },
    watched: [],
    problems: [],
  };
  const stream = new Stream({
    rings,
    log,
    state: () => {
      told.state += 1;
      return { problems: [...told.problems] } as unknown as StreamState;
    },
    tasks: () => told.tasks,
    storage: () => told.storage,
    now: () => START * 1_000,
    onWatched: (watched) => told.watched.push(watched),
  });
  let second = START;
  const tick = () => {
    second += 1;
    const sample = emptySample();
    sample.values[SERIES_NAMES.indexOf('accepted')] = second - START;
    rings.push(second, sample);
    stream.tick(sample, []);
  };
  return { stream, log, told, tick };
}

test('nobody watches: nothing is asked and nothing is made', () => {
  const { tick, told } = setUp();
  for (let second = 0; second < 10; second++) tick();
  expect(told.state).toBe(0);
  expect(told.watched).toEqual([]);
});

test('a viewer gets the history, then each second; the last one to go ends the cost', async () => {
  const { stream, tick, told } = setUp();
  tick();
  tick();
  const [one, two] = [new Viewer(), new Viewer()];
  stream.add(one);
  tick();
  stream.add(two);
  tick();
  expect(one.lines.map(({ type }) => type)).toEqual(['history', 'tick', 'tick']);
  expect(two.lines.map(({ type }) => type)).toEqual(['history', 'tick']);
  const [history, tock] = two.lines as [StreamLine & { type: 'history' }, StreamLine & { type: 'tick' }];
  const accepted = history.series.indexOf('accepted');
  expect(history.rings[0]!.values[accepted]).toEqual([1, 2, 3]);
  expect(tock.values[accepted]).toBe(4);
  expect(tock.at).toBe(history.rings[0]!.endsAt + 1_000);
  const asked = told.state;
  one.destroy();
  two.destroy();
  await expect.poll(() => told.watched).toEqual([true, false]);
  tick();
  expect(told.state).toBe(asked);
});

test('state, tasks and log are told when they changed', () => {
  const { stream, log, told, tick } = setUp();
  log.add({ at: 1, level: 'error', step: 'flush', event: 'before', fields: {} });
  log.add({ at: 1, level: 'info', step: 'flush', event: 'not of this level', fields: {} });
  const viewer = new Viewer();
  stream.add(viewer);
  tick();
  tick();
  told.problems.push('the engine is down');
  log.add({ at: 2, level: 'warn', step: 'engine', event: 'after', fields: { text: 'x'.repeat(1e6) } });
  tick();
  const [history, , quiet, changed] = viewer.lines as [
    StreamLine & { type: 'history' },
    StreamLine,
    StreamLine & { type: 'tick' },
    StreamLine & { type: 'tick' },
  ];
  expect(history.log.map(({ event }) => event)).toEqual(['before']);
  expect([quiet.state, quiet.tasks, quiet.log]).toEqual([undefined, undefined, undefined]);
  expect(changed.state!.problems).toEqual(['the engine is down']);
  expect(changed.log!.map(({ id, event }) => [id, event])).toEqual([[2, 'after']]);
  expect(JSON.stringify(changed.log).length).toBeLessThan(3_000);
});

test('what is below warn comes beside the log, in a sequence of its own and bounded', () => {
  const { stream, log, tick } = setUp();
  for (let index = 0; index < 600; index++)
    log.add({ at: index, level: 'info', step: 'tasks', event: `task ${index}`, fields: {} });
  log.add({ at: 600, level: 'warn', step: 'engine', event: 'down', fields: {} });
  log.add({ at: 601, level: 'debug', step: 'flush', event: 'not in the log file', fields: {} });
  const viewer = new Viewer();
  stream.add(viewer);
  tick();
  log.add({ at: 602, level: 'info', step: 'tasks', event: 'later', fields: {} });
  tick();
  const [history, quiet, later] = viewer.lines as [
    StreamLine & { type: 'history' },
    StreamLine & { type: 'tick' },
    StreamLine & { type: 'tick' },
  ];
  expect(history.log.map(({ event }) => event)).toEqual(['down']);
  expect(history.info!.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, index) => index + 101));
  expect(quiet.info).toBeUndefined();
  expect(later.log).toBeUndefined();
  expect(later.info!.map(({ id, event }) => [id, event])).toEqual([[601, 'later']]);
});

test('the storage is in the history, and told again when it changed', () => {
  const { stream, told, tick } = setUp();
  told.storage = { figures: null, failure: 'the engine is starting' };
  const [one, two] = [new Viewer(), new Viewer()];
  stream.add(one);
  tick();
  tick();
  told.storage = { figures: null, failure: '' };
  stream.add(two);
  tick();
  const reports = (viewer: Viewer) => viewer.lines.map((line) => ('storage' in line ? line.storage!.failure : null));
  expect(reports(one)).toEqual(['the engine is starting', 'the engine is starting', null, '']);
  expect(reports(two)).toEqual(['', '']);
});

test('a viewer that does not read is cut off, the others notice nothing', () => {
  const { stream, told, tick } = setUp();
  const [slow, quick] = [new Viewer(false), new Viewer()];
  stream.add(slow);
  stream.add(quick);
  told.tasks = [{ id: 'x'.repeat(1e6) } as TaskFigures];
  for (let second = 0; second < 20 && !slow.destroyed; second++) {
    told.tasks = [{ id: `${second}${'x'.repeat(1e6)}` } as TaskFigures];
    tick();
  }
  expect(slow.destroyed).toBe(true);
  expect(slow.writableLength).toBeLessThan(10e6);
  expect(quick.lines.length).toBeGreaterThan(5);
  expect(quick.destroyed).toBe(false);
});

test('there is an end to how many watch', () => {
  const { stream } = setUp();
  for (let index = 0; index < 16; index++) {
    expect(stream.isFull).toBe(false);
    stream.add(new Viewer());
  }
  expect(stream.isFull).toBe(true);
});
