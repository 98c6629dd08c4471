import type { TaskFigures } from '../../control/stream.ts';
import type { TaskList, TaskLogReport, TaskReport, TaskStepReport } from '../../control/tasks.ts';
import { terminalJson, terminalText } from '../../terminal/text.ts';
import type { Style } from '../terminal/style.ts';
import { pairs, table } from '../terminal/table.ts';
import { comingText, plural, secondsText, timeText } from '../terminal/units.ts';

/** Lines of the list; the rest is for `--json`, `--state` and `--kind`. */
const LISTED_MAX = 30;
const BAR_CELLS = 10;

const COLUMNS = [
  { title: 'ID', right: true },
  { title: 'KIND' },
  { title: 'STATE' },
  { title: 'PROGRESS' },
  { title: 'STEP' },
  { title: 'SINCE' },
  { title: 'ERROR' },
];

/** What waits, runs and ran, and what will; `nowMs` says how long until then. */
export function taskListScreen({ tasks, schedules }: TaskList, nowMs: number): string {
  const parts = [tasks.length === 0 ? 'no tasks' : table(COLUMNS, tasks.slice(0, LISTED_MAX).map(taskRow))];
  if (tasks.length > LISTED_MAX) {
    parts.push(`and ${plural(tasks.length - LISTED_MAX, 'older one')}: --json, or --state and --kind`);
  }
  if (schedules.length > 0) {
    const rows = schedules.map(({ kind, everySeconds, nextAt }) => [
      kind,
      comingText(nextAt, nowMs),
      secondsText(everySeconds),
    ]);
    parts.push(table([{ title: 'RECURRING' }, { title: 'NEXT RUN' }, { title: 'EVERY' }], rows));
  }
  return parts.join('\n\n');
}

export function taskScreen(task: TaskReport, style: Style, nowMs: number): string {
  const facts: [string, string][] = [
    ['state', task.state],
    ['progress', progressText(task)],
    ['asked by', task.scheduled ? 'its schedule' : 'a person'],
    ['params', terminalJson(task.params)],
    ['attempts', String(task.attempts)],
    ['created', timeText(task.createdAt)],
    ['started', task.startedAt === null ? 'not yet' : timeText(task.startedAt)],
  ];
  if (task.finishedAt !== null) facts.push(['finished', timeText(task.finishedAt)]);
  if (task.state === 'queued' && task.attempts > 0) facts.push(['next attempt', comingText(task.dueAt, nowMs)]);
  if (task.nextAt !== null) facts.push(['next run', comingText(task.nextAt, nowMs)]);
  if (task.error !== '') facts.push(['error', terminalText(task.error)]);
  const parts = [
    style.bold(`task ${task.id}  ${terminalText(task.kind)}`),
    pairs(facts),
    style.bold('steps'),
    indented(table([{ title: 'STEP' }, { title: 'STATE' }, { title: 'CHECKPOINT' }], task.steps.map(stepRow))),
  ];
  if (task.log.length > 0) parts.push(style.bold('log'), task.log.map(logLine).join('\n'));
  return parts.join('\n');
}

/** `███████░░░ 71%`; empty where nobody knows. */
export function progressText({ progress }: Pick<TaskFigures, 'progress'>): string {
  if (progress === null) return '';
  const full = Math.floor(progress * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${Math.floor(progress * 100)}%`;
}

function taskRow(task: TaskFigures): string[] {
  const { id, kind, state, step, createdAt, finishedAt, error } = task;
  return [id, kind, state, progressText(task), step, timeText(finishedAt ?? createdAt), error];
}

function stepRow({ name, startedAt, finishedAt, checkpoint }: TaskStepReport): string[] {
  const state = finishedAt !== null ? 'done' : startedAt !== null ? 'begun' : 'to do';
  return [name, state, checkpoint === null ? '' : terminalJson(checkpoint)];
}

function indented(lines: string): string {
  return lines.replace(/^/gm, '  ');
}

function logLine({ at, level, event, fields }: TaskLogReport): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}=${terminalJson(value)}`);
  return terminalText(`  ${timeText(at)} ${level.padEnd(5)} ${[event, ...values].join(' ')}`);
}
