import type { TaskFigures, TaskSchedule } from '../../control/stream.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import type { Look } from '../../terminal/look.ts';
import { duration, moment, percent, UNKNOWN } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { filterOf } from '../input/filter.ts';
import type { Panel, Scene } from '../screen/scene.ts';
import type { Snapshot } from '../store/store.ts';
import { migrationLines, runningMigration } from './migration.ts';

const STATE_TONES = { queued: 'dim', running: 'accent', done: 'good', failed: 'bad', cancelled: 'warn' } as const;
const GAUGE_COLUMNS = 10;

/** Work that outlives a request: retention, rotation, replays. */
export const tasks: Panel = {
  id: 'tasks',
  draw: (scene, width, height) => {
    const { snapshot, look } = scene;
    const rows = taskRows(snapshot);
    const selected = snapshot.ui.view === 'tasks' ? placeOf(snapshot, rows) : -1;
    const recurring = recurringLines(scene, width);
    const isBoth = snapshot.ui.view === 'tasks' && recurring.length > 0;
    const migration = snapshot.ui.view === 'tasks' ? runningMigration(snapshot.facts.tasks) : null;
    const below = isBoth ? recurring.length + 1 : 0;
    // The list of tasks keeps half of what is left.
    const copied =
      migration === null
        ? []
        : migrationLines(migration, look, width, Math.max(Math.floor((height - below) / 2) - 1, 0));
    const room = height - below - (copied.length > 0 ? copied.length + 1 : 0);
    const lines =
      rows.length > 0
        ? table(columns(scene), rows, { width, height: room, look, selected })
        : snapshot.facts.tasks.length > 0
          ? ['', ' nothing matches the filter']
          : [' none has run yet'];
    const actions = snapshot.ui.view === 'tasks' && snapshot.ui.allowActions ? '  R again  X cancel' : '';
    const listed = copied.length > 0 ? [...lines, '', ...copied] : lines;
    const shown = isBoth || snapshot.facts.tasks.length === 0 ? [...listed, '', ...recurring] : listed;
    return { title: 'Tasks', note: `${taskCounts(snapshot.facts.tasks)}${actions}`, lines: shown };
  },
};

/** What will run by itself, and when. */
function recurringLines({ snapshot: { facts, receivedAt }, look }: Scene, width: number): string[] {
  const { schedules = [] } = facts.state ?? {};
  if (schedules.length === 0) return [];
  const kinds: readonly Column<TaskSchedule>[] = [
    { title: 'RECURRING', priority: 0, shrinkTo: 10, cell: ({ kind }) => terminalText(kind) },
    { title: 'NEXT', priority: 1, cell: ({ nextAt }) => whenText(nextAt, receivedAt) },
    { title: 'EVERY', priority: 2, cell: ({ everySeconds }) => duration(everySeconds * 1_000) },
  ];
  return table(kinds, schedules, { width, height: schedules.length + 1, look });
}

/** When the next recurring task is, ISO 8601; undefined when none is known. */
export function nextTaskAt({ facts }: Snapshot): string | undefined {
  return facts.state?.schedules?.map(({ nextAt }) => nextAt).sort()[0];
}

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
      cell: ({ finishedAt }) => (finishedAt === null ? '' : moment(Date.parse(finishedAt), snapshot.receivedAt)),
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
