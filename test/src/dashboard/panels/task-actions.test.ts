import { expect, it } from 'vitest';
import type { TaskFigures } from '../../../../src/control/stream.ts';
import { keyHandler } from '../../../../src/dashboard/input/controller.ts';
import type { Effect } from '../../../../src/dashboard/input/keymap.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, STATE, T0, tick } from '../stream-lines.ts';
import { drawn } from './drawn.ts';

const SIZE = { columns: 120, rows: 32 };

function task(id: string, state: TaskFigures['state']): TaskFigures {
  const createdAt = new Date(T0).toISOString();
  return {
    id,
    kind: `kind-${id}`,
    state,
    progress: null,
    step: '',
    error: '',
    createdAt,
    finishedAt: null,
    nextAt: null,
  };
}

function withTasks(allowActions: boolean) {
  const store = new DashStore({ view: 'tasks', allowActions });
  store.receive(history(5, () => ({})));
  store.receive(tick(1, {}, { tasks: [task('12', 'running'), task('11', 'failed'), task('10', 'done')] }));
  const effects: Effect[] = [];
  const handler = keyHandler(store, (effect) => effects.push(effect));
  const press = (...keys: readonly string[]) => keys.forEach((key) => void handler(key, SIZE));
  const lastLine = () => drawn(store, 120, 32).split('\n').at(-1)!;
  return { store, effects, press, lastLine };
}

it('changes nothing unless that was allowed at the start', () => {
  const { effects, press, lastLine, store } = withTasks(false);
  press('down', 'R');
  expect(lastLine()).toContain('read-only; to retry tasks: trackflow dash --allow-actions');
  press('X');
  expect(lastLine()).toContain('to cancel tasks: trackflow dash --allow-actions');
  press('enter', 'y', 'e', 's', 'enter');
  expect(effects.filter((effect) => typeof effect === 'object')).toEqual([]);
  expect(store.getSnapshot().ui.confirmation).toBeNull();
  expect(drawn(store, 120, 32)).toContain('read-only');
});

it('asks first, and does it for yes or the number of the chosen task', () => {
  const { store, effects, press, lastLine } = withTasks(true);
  press('down', 'R');
  expect(drawn(store, 120, 32)).toMatch(/▸ kind-11 +failed/);
  expect(lastLine()).toMatch(/retry task 11\? /);
  press(...'yes');
  expect(lastLine()).toMatch(/retry task 11\? yes /);
  expect(effects).toEqual([]);
  press('enter');
  expect(effects).toEqual([{ action: 'retry', task: '11' }]);
  expect(lastLine()).toContain('asking the daemon to retry task 11');
  press('up', 'X', ...'12', 'enter');
  expect(effects.at(-1)).toEqual({ action: 'cancel', task: '12' });
});

it('does nothing for anything else', () => {
  const { effects, press, lastLine } = withTasks(true);
  press('X', ...'11', 'enter');
  expect(lastLine()).toContain('nothing was done');
  press('X', 'enter', 'X', ...'yes', 'esc', 'R', ...'YES', 'enter', 'q');
  expect(effects).toEqual(['quit']);
});

it('keeps to the task that was chosen when the list changes under it', () => {
  const { store, effects, press } = withTasks(true);
  press('down', 'R', 'y');
  store.receive(tick(2, {}, { tasks: [task('13', 'queued'), task('12', 'running'), task('11', 'failed')] }));
  press('e', 's', 'enter');
  expect(effects).toEqual([{ action: 'retry', task: '11' }]);
});

it('shows what recurs, and when it is next, also before it has run', () => {
  const schedules = [
    { kind: 'retention', everySeconds: 86_400, nextAt: new Date(T0 + 7_202_000).toISOString() },
    { kind: 'salt-rotation', everySeconds: 21_600, nextAt: new Date(T0 + 3_602_000).toISOString() },
  ];
  const { store } = withTasks(false);
  store.receive(tick(2, {}, { tasks: [], state: { ...STATE, schedules } }));
  expect(drawn(store)).toMatch(
    /none has run yet[\s\S]*RECURRING +NEXT +EVERY[\s\S]*retention +in 2h +1d[\s\S]*salt-rotation +in 1h +6h/,
  );
  store.receive(tick(3, {}, { tasks: [task('12', 'running')] }));
  expect(drawn(store)).toMatch(/kind-12 +running[\s\S]*salt-rotation +in 59m59s/);
  store.update((ui) => ({ ...ui, view: 'overview' }));
  expect(drawn(store)).toMatch(/0 fail[\s\S]*next in 59m59s/);
});

it('is about the view of the tasks', () => {
  const { effects, press, lastLine } = withTasks(true);
  press('1', 'R');
  expect(lastLine()).toContain('choose a task in the view 4 first');
  expect(effects).toEqual([]);
});
