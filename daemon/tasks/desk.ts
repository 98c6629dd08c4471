import { z } from 'zod';
import type { TaskFigures, TaskSchedule } from '../../src/control/stream.ts';
import type { TaskChange, TaskFilter, TaskList, TaskReport } from '../../src/control/tasks.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import type { TaskRunner } from './runner.ts';
import type { TaskRow, TaskStore } from './store.ts';
import type { TaskLog } from './task-log.ts';

const LISTED_MAX = 500;
/** Tasks in one message of the stream. */
const FIGURES_MAX = 50;

/** What people and screens ask about tasks, and have done. Throws TF_INPUT for what is not there or cannot be. */
export class TaskDesk {
  readonly #store: TaskStore;
  readonly #log: TaskLog;
  readonly #runner: TaskRunner;
  readonly #now: () => number;
  #figures: { readonly version: number; readonly tasks: readonly TaskFigures[] } = { version: -1, tasks: [] };

  constructor(parts: { store: TaskStore; log: TaskLog; runner: TaskRunner; now: () => number }) {
    this.#store = parts.store;
    this.#log = parts.log;
    this.#runner = parts.runner;
    this.#now = parts.now;
  }

  /** For the stream: what waits or runs, then the newest. The same array as long as nothing has changed. */
  figures(): readonly TaskFigures[] {
    const { version } = this.#runner;
    if (this.#figures.version !== version) {
      this.#figures = {
        version,
        tasks: this.#store.list(FIGURES_MAX).map((row, at, rows) => this.#shown(row, at, rows)),
      };
    }
    return this.#figures.tasks;
  }

  list(filter: TaskFilter): TaskList {
    const rows = this.#store.list(LISTED_MAX);
    const wanted = (row: TaskRow) =>
      (filter.state === undefined || row.state === filter.state) &&
      (filter.kind === undefined || row.kind === filter.kind);
    const tasks = rows.flatMap((row, at) => (wanted(row) ? [this.#shown(row, at, rows)] : []));
    const schedules = this.schedules().filter(({ kind }) => filter.kind === undefined || kind === filter.kind);
    return { tasks, schedules };
  }

  /** The recurring kinds that will run again. */
  schedules(): readonly TaskSchedule[] {
    return [...this.#runner.kinds.values()].flatMap(({ kind, schedule }) => {
      const nextAt = this.#runner.nextAt(kind);
      if (schedule === undefined || nextAt === null) return [];
      return [{ kind, everySeconds: schedule.everyMs / 1_000, nextAt: iso(nextAt) }];
    });
  }

  show(id: number): TaskReport {
    const row = this.#row(id);
    return {
      ...this.#shown(row),
      params: row.params,
      scheduled: row.scheduled,
      attempts: row.attempts,
      dueAt: iso(row.dueAt),
      startedAt: isoOrNull(row.startedAt),
      steps: this.#store.steps(id).map((step) => ({
        name: step.name,
        checkpoint: step.checkpoint,
        startedAt: isoOrNull(step.startedAt),
        finishedAt: isoOrNull(step.finishedAt),
      })),
      log: this.#log.of(id).map((line) => ({ ...line, at: iso(line.at) })),
    };
  }

  /** Queues a task of a kind that people may start; one that waits or runs with the same params is taken for it. */
  start(kindName: string, params: unknown, secrets: Readonly<Record<string, string>> = {}): TaskChange {
    const kind = this.#runner.kinds.get(kindName);
    if (kind === undefined || kind.refusal !== null) {
      // Those that people start by their names alone; moves and migrations have commands of their own.
      const recurring = [...this.#runner.kinds.values()].filter(({ schedule }) => schedule !== undefined);
      const names = recurring.map((candidate) => candidate.kind).join(', ') || 'none';
      const name = JSON.stringify(kindName);
      const problem =
        kind === undefined
          ? `there is no task ${name}; allowed: ${names}`
          : `${name} has nothing to do: ${kind.refusal}`;
      throw new TrackflowError('TF_INPUT', problem, { hints: ['trackflow tasks list'] });
    }
    const checked = kind.paramsSchema.safeParse(params);
    if (!checked.success) {
      throw new TrackflowError('TF_INPUT', `params of ${kindName}: ${z.prettifyError(checked.error)}`);
    }
    kind.takeSecrets?.(secrets);
    const steps = kind.steps.map(({ name }) => name);
    const { id, created } = this.#store.create(
      { kind: kindName, params: checked.data, steps, scheduled: false },
      this.#now(),
    );
    return this.#changed(id, created);
  }

  /** Queues a failed or cancelled one anew, from its last checkpoint. */
  retry(id: number, secrets: Readonly<Record<string, string>> = {}): TaskChange {
    const row = this.#row(id);
    this.#runner.kinds.get(row.kind)?.takeSecrets?.(secrets);
    if (row.state === 'done') throw this.#refusal(row, 'only failed and cancelled ones can be retried');
    return this.#changed(id, this.#store.retry(id, this.#now()));
  }

  /** Ends one that waits at once, one that runs at its next checkpoint. */
  cancel(id: number): TaskChange {
    const row = this.#row(id);
    if (row.state === 'done' || row.state === 'failed') throw this.#refusal(row, 'there is nothing to cancel');
    const changed = this.#store.cancel(id, this.#now());
    this.#runner.cancel(id);
    return this.#changed(id, changed);
  }

  #changed(id: number, changed: boolean): TaskChange {
    if (changed) this.#runner.changed();
    return { task: this.#shown(this.#row(id)), changed };
  }

  #row(id: number): TaskRow {
    const row = this.#store.get(id);
    if (row !== null) return row;
    throw new TrackflowError('TF_INPUT', `there is no task ${id}`, { hints: ['trackflow tasks list'] });
  }

  #refusal({ id, state }: TaskRow, why: string): TrackflowError {
    return new TrackflowError('TF_INPUT', `task ${id} is ${state}: ${why}`, { hints: [`trackflow tasks show ${id}`] });
  }

  /** `rows`: the list it stands in, in which only the newest of a recurring kind says when the next one is. */
  #shown(row: TaskRow, at = 0, rows: readonly TaskRow[] = [row]): TaskFigures {
    const live = this.#runner.live(row.id);
    const newest = rows.findIndex(({ kind }) => kind === row.kind) === at;
    return {
      id: String(row.id),
      kind: row.kind,
      state: row.state,
      progress: live === null ? row.progress : live.progress,
      step: live?.step ?? row.step,
      error: row.error,
      createdAt: iso(row.createdAt),
      finishedAt: isoOrNull(row.finishedAt),
      detail: live?.detail ?? null,
      nextAt: newest ? isoOrNull(this.#runner.nextAt(row.kind)) : null,
    };
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
