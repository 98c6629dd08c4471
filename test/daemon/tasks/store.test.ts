import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HISTORY_PER_KIND_MAX, TaskStore } from '../../../daemon/tasks/store.ts';
import { LINES_PER_TASK_MAX, TaskLog } from '../../../daemon/tasks/task-log.ts';
import { StateFile } from '../state/state-file.ts';
import { NOON } from './task-rig.ts';

const STEPS = ['first', 'second'];

let file: StateFile;
let store: TaskStore;

beforeEach(() => {
  file = new StateFile();
  store = new TaskStore(file.db);
});

afterEach(() => file.remove());

function restart(): void {
  store = new TaskStore(file.reopen());
}

function create(kind = 'toy', params: object = {}): number {
  return store.create({ kind, params, steps: STEPS, scheduled: false }, NOON).id;
}

describe('a task', () => {
  it('is kept with its steps over a restart', () => {
    const id = create('toy', { n: 1 });
    store.begin(id, STEPS, NOON + 1);
    store.beginStep(id, 'first', NOON + 2);
    store.checkpoint(id, 'first', { month: '202611' }, 0.5);
    restart();
    expect(store.get(id)).toEqual({
      id,
      kind: 'toy',
      params: { n: 1 },
      scheduled: false,
      state: 'running',
      step: 'first',
      progress: 0.5,
      error: '',
      attempts: 1,
      failures: 1,
      dueAt: NOON,
      createdAt: NOON,
      startedAt: NOON + 1,
      finishedAt: null,
    });
    expect(store.steps(id)).toEqual([
      { name: 'first', checkpoint: { month: '202611' }, startedAt: NOON + 2, finishedAt: null },
      { name: 'second', checkpoint: null, startedAt: null, finishedAt: null },
    ]);
  });

  it('that waits or runs is the same as one that is asked for with the same params', () => {
    const id = create('toy', { n: 1 });
    const again = () => store.create({ kind: 'toy', params: { n: 1 }, steps: STEPS, scheduled: false }, NOON);
    expect(again()).toEqual({ id, created: false });
    store.begin(id, STEPS, NOON);
    expect(again()).toEqual({ id, created: false });
    expect(create('toy', { n: 2 })).not.toBe(id);
    store.finish(id, 'done', '', NOON);
    expect(again().created).toBe(true);
  });

  it('has a new step where its kind has got one since, and keeps what is done', () => {
    const id = create();
    store.endStep(id, 'second', NOON);
    store.begin(id, ['zeroth', ...STEPS], NOON);
    expect(store.steps(id).map(({ name, finishedAt }) => [name, finishedAt])).toEqual([
      ['zeroth', null],
      ['first', null],
      ['second', NOON],
    ]);
  });

  it('refuses a checkpoint that is larger than one may be, and keeps the last', () => {
    const id = create();
    store.checkpoint(id, 'first', 1, 0.1);
    expect(() => store.checkpoint(id, 'first', 'x'.repeat(70_000), 0.2)).toThrow(RangeError);
    expect(store.steps(id)[0]!.checkpoint).toBe(1);
    expect(store.get(id)!.progress).toBe(0.1);
  });

  it('counts failures anew after a checkpoint that says something new', () => {
    const id = create();
    for (const value of [1, 1, 2]) {
      store.begin(id, STEPS, NOON);
      store.checkpoint(id, 'first', value, null);
      store.requeue(id, NOON, 'no');
    }
    expect(store.get(id)).toMatchObject({ attempts: 3, failures: 1 });
    store.begin(id, STEPS, NOON);
    store.checkpoint(id, 'first', 2, null);
    expect(store.get(id)!.failures).toBe(2);
  });

  it('is cancelled although another connection would write at that moment', () => {
    const id = create();
    const other = new Database(file.file, { timeout: 0 });
    try {
      const get = store.get.bind(store);
      store.get = (asked) => {
        const row = get(asked);
        try {
          other.exec("INSERT INTO counters (name, value) VALUES ('other', 1)");
        } catch {
          // It has to wait until the cancellation is written.
        }
        return row;
      };
      expect(store.cancel(id, NOON)).toBe(true);
      expect(get(id)?.state).toBe('cancelled');
    } finally {
      other.close();
    }
  });

  it('is retried once by two who ask at once', () => {
    const id = create();
    store.finish(id, 'failed', 'no', NOON);
    expect([store.retry(id, NOON), store.retry(id, NOON)]).toEqual([true, false]);
    expect(store.queued().map((task) => task.id)).toEqual([id]);
  });
});

describe('the history', () => {
  it('keeps the newest of each kind, with nothing left of the others', () => {
    const log = new TaskLog(file.db);
    const other = create('other');
    store.finish(other, 'done', '', NOON - 1_000);
    for (let n = 0; n < HISTORY_PER_KIND_MAX + 5; n++) {
      const id = create('toy', { n });
      log.add(id, { at: NOON, level: 'info', event: 'x', fields: {} });
      store.finish(id, 'done', '', NOON + n);
    }
    const kept = store.list(1_000);
    expect(kept.filter(({ kind }) => kind === 'toy')).toHaveLength(HISTORY_PER_KIND_MAX);
    expect(kept.map(({ id }) => id)).toContain(other);
    for (const table of ['task_steps', 'task_log']) {
      const strays = file.db.prepare(`SELECT count(*) FROM ${table} WHERE task NOT IN (SELECT id FROM tasks)`);
      expect(strays.pluck().get()).toBe(0);
    }
  });

  it('lists what waits or runs before what has ended later', () => {
    const waiting = create('toy', { n: 1 });
    const done = create('toy', { n: 2 });
    store.finish(done, 'done', '', NOON);
    expect(store.list(10).map(({ id }) => id)).toEqual([waiting, done]);
  });

  it('keeps the newest log lines of a task', () => {
    const log = new TaskLog(file.db);
    const id = create();
    for (let n = 0; n < LINES_PER_TASK_MAX + 7; n++) log.add(id, { at: n, level: 'info', event: 'x', fields: { n } });
    const lines = log.of(id);
    expect(lines).toHaveLength(LINES_PER_TASK_MAX);
    expect(lines.at(-1)).toEqual({
      at: LINES_PER_TASK_MAX + 6,
      level: 'info',
      event: 'x',
      fields: { n: LINES_PER_TASK_MAX + 6 },
    });
  });
});
