import { afterEach, describe, expect, it } from 'vitest';
import type { AnyTaskKind } from '../../../daemon/tasks/kind.ts';
import { FAILURES_MAX, RUNNING_MAX } from '../../../daemon/tasks/runner.ts';
import { DAY_MS, HOUR_MS } from '../../../daemon/tasks/schedule.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import { gate, NOON, TaskRig, toyKind } from './task-rig.ts';

let rig: TaskRig;
afterEach(() => rig.end());

function open(...kinds: AnyTaskKind[]): TaskRig {
  rig = new TaskRig(kinds);
  return rig;
}

const state = (id: string) => rig.desk.show(Number(id)).state;

describe('an attempt', () => {
  it('ends done, with its log, and is not run again', async () => {
    let runs = 0;
    open(
      toyKind(({ log }) => {
        runs++;
        log('info', 'retention_dropped', { n: 1 });
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    await rig.pass(DAY_MS);
    const shown = rig.desk.show(Number(task.id));
    expect(shown).toMatchObject({ state: 'done', progress: 1, attempts: 1, error: '' });
    expect(shown.log.map(({ event }) => event)).toEqual(['task_started', 'retention_dropped', 'task_done']);
    expect(runs).toBe(1);
  });

  it('is shown with its progress while it runs, saved or not', async () => {
    const { opened, open: go } = gate();
    open(
      toyKind(async ({ progress }) => {
        progress(3, 4);
        await opened;
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    expect(rig.desk.figures()[0]).toMatchObject({ id: task.id, state: 'running', step: 'work', progress: 0.75 });
    expect(rig.desk.figures()).toBe(rig.desk.figures());
    const before = rig.desk.figures();
    go();
    await rig.settle();
    expect(rig.desk.figures()).not.toBe(before);
  });

  it('that fails is repeated with growing pauses, then given up', async () => {
    const at: number[] = [];
    open(
      toyKind(({ now }) => {
        at.push(now());
        throw new Error('no');
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    for (let seconds = 0; seconds < 3_600; seconds++) await rig.pass(1_000);
    expect(at.map((time) => (time - NOON) / 1_000)).toEqual([0, 5, 25, 105, 425]);
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'failed', attempts: FAILURES_MAX, error: 'no' });
  });

  it('that fails for what was typed or set is not repeated', async () => {
    open(
      toyKind(() => {
        throw new TrackflowError('TF_CONFIG', 'set something');
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'failed', attempts: 1, error: 'set something' });
  });

  it('goes on at the checkpoint when it is repeated', async () => {
    const seen: unknown[] = [];
    open(
      toyKind(({ saved, checkpoint }) => {
        seen.push(saved);
        if (seen.length < 3) {
          checkpoint({ done: seen.length });
          throw new Error('no');
        }
      }),
    );
    rig.desk.start('toy', {});
    await rig.settle();
    await rig.pass(5_000);
    await rig.pass(5_000);
    expect(seen).toEqual([null, { done: 1 }, { done: 2 }]);
  });
});

describe('how many run', () => {
  it('waits for a kind that it must not run beside, whichever of them says so', async () => {
    const { opened, open: go } = gate();
    const runs: string[] = [];
    const named = (kind: string, apart?: readonly string[]): AnyTaskKind => ({
      ...toyKind(
        async () => {
          runs.push(kind);
          await opened;
        },
        { kind },
      ),
      ...(apart && { apart }),
    });
    open(named('one'), named('two', ['one']));
    const one = rig.desk.start('one', {}).task.id;
    const two = rig.desk.start('two', {}).task.id;
    await rig.settle();
    expect([state(one), state(two)]).toEqual(['running', 'queued']);
    go();
    for (let turn = 0; turn < 5; turn++) await rig.settle();
    expect(runs).toEqual(['one', 'two']);
  });

  it('is one of a kind, and a bounded number in all', async () => {
    const { opened, open: go } = gate();
    const most = { toy: 0, all: 0 };
    const now = { toy: 0, all: 0 };
    const kinds = ['toy', 'b', 'c', 'd'].map((kind) =>
      toyKind(
        async () => {
          now.all++;
          if (kind === 'toy') now.toy++;
          most.all = Math.max(most.all, now.all);
          most.toy = Math.max(most.toy, now.toy);
          await opened;
          now.all--;
          if (kind === 'toy') now.toy--;
        },
        { kind },
      ),
    );
    open(...kinds);
    for (const n of [1, 2, 3]) rig.desk.start('toy', { n });
    for (const kind of ['b', 'c', 'd']) rig.desk.start(kind, {});
    await rig.settle();
    expect(now).toEqual({ toy: 1, all: RUNNING_MAX });
    go();
    for (let turn = 0; turn < 10; turn++) await rig.settle();
    expect(rig.desk.list({ state: 'done' }).tasks).toHaveLength(6);
    expect(most).toEqual({ toy: 1, all: RUNNING_MAX });
  });
});

describe('cancel', () => {
  it('takes effect at the next checkpoint, which is kept', async () => {
    const { opened, open: go } = gate();
    let after = false;
    open(
      toyKind(async ({ checkpoint }) => {
        await opened;
        checkpoint(7);
        after = true;
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    expect(rig.desk.cancel(Number(task.id))).toMatchObject({ changed: true, task: { state: 'running' } });
    await rig.settle();
    expect(state(task.id)).toBe('running');
    go();
    await rig.settle();
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'cancelled', steps: [{ checkpoint: 7 }] });
    expect(after).toBe(false);
  });

  it('of one that waits is at once; of one that has ended it is refused', async () => {
    open(
      toyKind(() => {
        throw new Error('no');
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    expect(rig.desk.cancel(Number(task.id)).task.state).toBe('cancelled');
    expect(rig.desk.cancel(Number(task.id)).changed).toBe(false);
    await rig.pass(DAY_MS);
    expect(state(task.id)).toBe('cancelled');
    const other = rig.desk.start('toy', { n: 1 }).task;
    for (let n = 0; n < 10; n++) await rig.pass(HOUR_MS);
    expect(() => rig.desk.cancel(Number(other.id))).toThrow(/is failed/);
  });

  it('asked before a kill is done after it', async () => {
    open(toyKind(() => new Promise(() => {})));
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    rig.desk.cancel(Number(task.id));
    rig.restart([toyKind(() => {})]);
    rig.runner.start();
    await rig.settle();
    expect(state(task.id)).toBe('cancelled');
  });
});

describe('retry', () => {
  it('by two at once runs it once more, from the checkpoint', async () => {
    const seen: unknown[] = [];
    open(
      toyKind(({ saved, checkpoint }) => {
        seen.push(saved);
        if (seen.length > 1) return;
        checkpoint('half');
        throw new TrackflowError('TF_CONFIG', 'no');
      }),
    );
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    const answers = [rig.desk.retry(Number(task.id)), rig.desk.retry(Number(task.id))];
    expect(answers.map(({ changed }) => changed)).toEqual([true, false]);
    await rig.settle();
    expect(seen).toEqual([null, 'half']);
    expect(() => rig.desk.retry(Number(task.id))).toThrow(/is done/);
  });
});

describe('a stop', () => {
  it('lets a task reach its checkpoint and costs it no attempt of those it has', async () => {
    const { opened, open: go } = gate();
    const kind = toyKind(async ({ saved, checkpoint }) => {
      if (saved === 'half') return;
      await opened;
      checkpoint('half');
    });
    open(kind);
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    const closed = rig.runner.close(60_000);
    go();
    await closed;
    expect(rig.store.get(Number(task.id))).toMatchObject({ state: 'queued', failures: 0 });
    rig.restart([kind]);
    rig.runner.start();
    await rig.settle();
    expect(state(task.id)).toBe('done');
  });

  it('begins nothing while it waits for the last, not even what it has stopped', async () => {
    const { opened, open: go } = gate();
    let begun = 0;
    const quick = toyKind(
      ({ signal }) => {
        begun++;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      { kind: 'quick' },
    );
    const slow = toyKind(async ({ checkpoint }) => {
      await opened;
      checkpoint(1);
    });
    open(quick, slow);
    rig.runner.start();
    rig.desk.start('quick', {});
    rig.desk.start('toy', {});
    await rig.settle();
    const closed = rig.runner.close(60_000);
    await rig.settle();
    rig.desk.start('quick', { n: 2 });
    await rig.settle();
    go();
    await closed;
    expect(begun).toBe(1);
    expect(rig.store.queued()).toHaveLength(3);
  });

  it('does not wait longer than it may', async () => {
    open(toyKind(() => new Promise(() => {})));
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    await rig.runner.close(1);
    expect(rig.store.get(Number(task.id))!.state).toBe('running');
  });
});

describe('after a kill', () => {
  it('a task is taken up, unless it ends the daemon every time', async () => {
    open(toyKind(() => new Promise(() => {})));
    const { task } = rig.desk.start('toy', {});
    for (let kill = 0; kill < FAILURES_MAX; kill++) {
      await rig.settle();
      expect(state(task.id)).toBe('running');
      rig.restart([toyKind(() => new Promise(() => {}))]);
      rig.runner.start();
    }
    await rig.settle();
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'failed', attempts: FAILURES_MAX });
  });

  it('a task of a kind that is no more is failed, and says so', async () => {
    open(toyKind(() => new Promise(() => {})));
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    rig.restart([]);
    rig.runner.start();
    await rig.settle();
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'failed', error: expect.stringContaining('toy') });
  });
});

describe('a recurring kind', () => {
  const NIGHTLY = { everyMs: DAY_MS, offsetMs: 3 * HOUR_MS };
  let runs: number[];
  const nightly = () => toyKind(({ now }) => void runs.push(now()), { kind: 'nightly', schedule: NIGHTLY });

  function openNightly(): void {
    runs = [];
    open(nightly());
    rig.runner.start();
  }

  it('runs at its time and not before', async () => {
    openNightly();
    for (let minutes = 0; minutes < 2 * 24 * 60; minutes++) await rig.pass(60_000);
    expect(runs).toEqual([NOON + 15 * HOUR_MS, NOON + 39 * HOUR_MS]);
    expect(rig.desk.list({}).schedules).toEqual([
      { kind: 'nightly', everySeconds: 86_400, nextAt: '2026-11-24T03:00:00.000Z' },
    ]);
    expect(rig.desk.figures().map(({ nextAt }) => nextAt)).toEqual(['2026-11-24T03:00:00.000Z', null]);
  });

  it('makes up for any number of runs that were missed while the daemon was down, once', async () => {
    openNightly();
    await rig.settle();
    await rig.runner.close(0);
    rig.now += 5 * DAY_MS;
    rig.restart([nightly()]);
    rig.runner.start();
    await rig.settle();
    await rig.pass(1_000);
    expect(runs).toEqual([NOON + 5 * DAY_MS]);
    expect(rig.runner.nextAt('nightly')).toBe(NOON + 5 * DAY_MS + 15 * HOUR_MS);
  });

  it('runs once when the clock jumps ahead, and at once when it is set back by more than an interval', async () => {
    openNightly();
    await rig.pass(400 * DAY_MS);
    await rig.pass(1_000);
    expect(runs).toHaveLength(1);
    await rig.pass(-399 * DAY_MS);
    await rig.pass(1_000);
    expect(runs).toHaveLength(2);
    await rig.pass(DAY_MS);
    expect(runs).toHaveLength(3);
  });

  it('is not run twice when the clock is set back by a moment', async () => {
    openNightly();
    await rig.pass(15 * HOUR_MS);
    await rig.pass(-30_000);
    await rig.pass(60_000);
    expect(runs).toHaveLength(1);
  });

  it('does not pile up behind one that takes longer than the interval', async () => {
    open(toyKind(() => new Promise(() => {}), { kind: 'nightly', schedule: NIGHTLY }));
    rig.runner.start();
    for (let days = 0; days < 5; days++) await rig.pass(DAY_MS);
    expect(rig.desk.list({}).tasks).toHaveLength(1);
  });

  it('that is not recurring any more is forgotten, and begins anew when it is again', async () => {
    openNightly();
    await rig.runner.close(0);
    rig.restart([]);
    rig.runner.start();
    await rig.runner.close(0);
    rig.now += 30 * DAY_MS;
    rig.restart([nightly()]);
    rig.runner.start();
    await rig.settle();
    expect(runs).toEqual([]);
  });
});

describe('a state.db without room', () => {
  it('delays ends and beginnings, and is reported once', async () => {
    const { opened, open: go } = gate();
    open(toyKind(() => opened));
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    // What SQLite does on a full disk, for this one table: the statement fails and nothing has changed.
    rig.file.db.exec("CREATE TEMP TRIGGER no_room BEFORE UPDATE ON main.tasks BEGIN SELECT RAISE(ABORT, 'full'); END");
    go();
    for (let n = 0; n < 5; n++) await rig.pass(1_000);
    expect(state(task.id)).toBe('running');
    expect(rig.logged.filter(({ event }) => event === 'state_failed')).toHaveLength(1);
    rig.file.db.exec('DROP TRIGGER no_room');
    await rig.pass(1_000);
    expect(rig.desk.show(Number(task.id))).toMatchObject({ state: 'queued', error: 'full' });
    await rig.pass(5_000);
    expect(state(task.id)).toBe('done');
  });

  it('does not keep a daemon from starting, and what was running is taken up later', async () => {
    open(toyKind(() => new Promise(() => {})));
    const { task } = rig.desk.start('toy', {});
    await rig.settle();
    rig.restart([toyKind(() => {})]);
    rig.file.db.exec("CREATE TEMP TRIGGER no_room BEFORE UPDATE ON main.tasks BEGIN SELECT RAISE(ABORT, 'full'); END");
    rig.runner.start();
    await rig.pass(1_000);
    expect(state(task.id)).toBe('running');
    rig.file.db.exec('DROP TRIGGER no_room');
    await rig.pass(1_000);
    expect(state(task.id)).toBe('done');
  });
});

it('params are checked when a task is asked for', () => {
  open(toyKind(() => {}));
  expect(() => rig.desk.start('toy', { n: 'x' })).toThrow(/params of toy/);
  expect(() => rig.desk.start('nothing', {})).toThrow(/there is no task "nothing"/);
  expect(() => rig.desk.show(99)).toThrow(/there is no task 99/);
});
