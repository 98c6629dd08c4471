import type { TaskFigures } from '../../control/stream.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import type { Look } from '../../terminal/look.ts';
import { clock, duration, percent, UNKNOWN } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { filterOf } from '../input/filter.ts';
import type { Panel, Scene } from '../screen/scene.ts';
import type { Snapshot } from '../store/store.ts';

const STATE_TONES = { queued: 'dim', running: 'accent', done: 'good', failed: 'bad', cancelled: 'warn' } as const;
const GAUGE_COLUMNS = 10;

/** Work that outlives a request: retention, rotation, replays. */
export const tasks: Panel = {
  id: 'tasks',
  draw: (scene, width, height) => {
    const { snapshot, look } = scene;
    const rows = taskRows(snapshot);
    const selected = snapshot.ui.view === 'tasks' ? placeOf(snapshot, rows) : -1;
    const lines =
      rows.length === 0
        ? ['', snapshot.facts.tasks.length === 0 ? ' no tasks yet' : ' nothing matches the filter']
        : table(columns(scene), rows, { width, height, look, selected });
    const actions = snapshot.ui.view === 'tasks' && snapshot.ui.allowActions ? '  R again  X cancel' : '';
    return { title: 'Tasks', note: `${taskCounts(snapshot.facts.tasks)}${actions}`, lines };
  },
};

export function taskCounts(list: readonly TaskFigures[]): string {
  const count = (state: TaskFigures['state']) => list.filter((task) => task.state === state).length;
  return `${count('running')} run  ${count('queued')} wait  ${count('failed')} fail`;
}

/** The tasks that pass the filter. */
export function taskRows({ facts, ui }: Snapshot): readonly TaskFigures[] {
  const passes = filterOf(ui.filter);
  const narrowed = ui.view === 'tasks' && ui.filter !== '';
  return narrowed
    ? facts.tasks.filter(({ id, kind, state, error }) => passes(`${id} ${kind} ${state} ${error}`))
    : facts.tasks;
}

/** The task that keys of the view of the tasks are about. */
export function chosenTask(snapshot: Snapshot): TaskFigures | undefined {
  const rows = taskRows(snapshot);
  return rows[placeOf(snapshot, rows)];
}

function placeOf({ ui }: Snapshot, rows: readonly TaskFigures[]): number {
  return Math.min(ui.selected, rows.length - 1);
}

function columns({ look, snapshot }: Scene): readonly Column<TaskFigures>[] {
  const chosen = snapshot.ui.view === 'tasks' ? chosenTask(snapshot) : undefined;
  const mark = (task: TaskFigures) => (chosen === undefined ? '' : task === chosen ? `${look.mark.here} ` : '  ');
  return [
    { title: 'KIND', priority: 0, shrinkTo: 10, cell: (task) => mark(task) + terminalText(task.kind) },
    { title: 'STATE', priority: 1, cell: ({ state }) => look.paint(STATE_TONES[state], state) },
    { title: 'PROGRESS', priority: 2, cell: (task) => progressText(task, look) },
    { title: 'STEP', priority: 4, shrinkTo: 8, cell: ({ step }) => terminalText(step) },
    {
      title: 'NEXT',
      priority: 3,
      cell: ({ nextAt }) => (nextAt === null ? '' : whenText(nextAt, snapshot.receivedAt)),
    },
    {
      title: 'ENDED',
      priority: 5,
      cell: ({ finishedAt }) => (finishedAt === null ? '' : clock(Date.parse(finishedAt))),
    },
    { title: 'ID', priority: 6, shrinkTo: 8, cell: ({ id }) => terminalText(id) },
    { title: 'ERROR', priority: 7, shrinkTo: 12, cell: ({ error }) => look.paint('bad', terminalText(error)) },
  ];
}

function progressText({ progress, state }: TaskFigures, look: Look): string {
  if (state === 'done') return 'done';
  if (progress === null) return state === 'running' ? UNKNOWN : '';
  return `${gauge(progress, GAUGE_COLUMNS, look)} ${percent(progress)}`;
}

/** A time to come as `in 4h05m`, one that is over as `due`. */
export function whenText(iso: string, now: number): string {
  const left = Date.parse(iso) - now;
  return left <= 0 ? 'due' : `in ${duration(left)}`;
}
