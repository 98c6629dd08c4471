/**
 * Runs the tasks of the store, in the main thread, one of a kind at a time and `RUNNING_MAX` in all.
 *
 * Promises: a task goes on at its last checkpoint after a kill, a stop or a failure; it is tried `FAILURES_MAX`
 * times without progress, with growing pauses, then it is failed. Always true: what the store calls running is running
 * here, from `start` on. When state.db has no room: nothing begins, and an end is written as soon as it can be; the kind
 * waits until then. When the process dies: `start` of the next one takes up what was running.
 */
import { z } from 'zod';
import type { ErrorCode } from '../../src/errors/error.ts';
import type { InternalEvent } from '../telemetry/catalogue.ts';
import { type Outcome, runAttempt, TaskEnded } from './attempt.ts';
import type { AnyTaskKind } from './kind.ts';
import { isDue, nextRun } from './schedule.ts';
import type { TaskRow, TaskStore } from './store.ts';
import type { TaskLog } from './task-log.ts';

export const RUNNING_MAX = 2;
/** Attempts without a new checkpoint or step between them. */
export const FAILURES_MAX = 5;
const RETRY_MS_MIN = 5_000;
const RETRY_FACTOR = 4;
const RETRY_MS_MAX = 600_000;
/** Also how late a task may begin, and how soon a clock that was set is noticed. */
const TICK_MS = 1_000;

type Fields = Readonly<Record<string, string | number | boolean>>;

export interface RunnerOptions {
  readonly store: TaskStore;
  readonly log: TaskLog;
  readonly kinds: readonly AnyTaskKind[];
  readonly now: () => number;
  readonly onLog: (level: 'info' | 'warn' | 'error', event: InternalEvent, fields: Fields) => void;
}

interface Running {
  readonly kind: string;
  readonly controller: AbortController;
  step: string;
  progress: number | null;
  detail: object | null;
  ended: Promise<void>;
}

export class TaskRunner {
  readonly kinds: ReadonlyMap<string, AnyTaskKind>;
  /** Grows with every change that a list of tasks would show. */
  version = 0;
  readonly #options: RunnerOptions;
  readonly #running = new Map<number, Running>();
  /** Ends that could not be written yet. */
  readonly #unsettled = new Map<number, { readonly task: TaskRow; readonly outcome: Outcome }>();
  readonly #nextAt = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  /** Nothing begins any more. */
  #stopping = false;
  /** Nothing is written any more. */
  #closed = false;
  #recovered = false;
  #tickError = '';

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.kinds = new Map(options.kinds.map((kind) => [kind.kind, kind]));
  }

  /** Takes up what the last daemon left and begins to run what is due: missed runs of a schedule once. */
  start(): void {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  /** Begins whatever is due now. */
  tick(): void {
    if (this.#stopping) return;
    try {
      if (!this.#recovered) this.#recover();
      for (const { task, outcome } of [...this.#unsettled.values()]) this.#settle(task, outcome);
      this.#addScheduled();
      this.#beginDue();
      this.#tickError = '';
    } catch (error) {
      // Once, not every second: a full disk may stay full for long.
      if (String(error) !== this.#tickError) this.#options.onLog('error', 'state_failed', { error: String(error) });
      this.#tickError = String(error);
    }
  }

  /** Where a running task is, more recent than the store. */
  live(id: number): { readonly step: string; readonly progress: number | null; readonly detail: object | null } | null {
    return this.#running.get(id) ?? null;
  }

  /** When a recurring kind runs next. */
  nextAt(kind: string): number | null {
    return this.#nextAt.get(kind) ?? null;
  }

  /** Something was queued or taken out of the queue. */
  changed(): void {
    this.version++;
    this.tick();
  }

  /** Tells a running task to end at its next checkpoint. */
  cancel(id: number): void {
    this.#running.get(id)?.controller.abort(new TaskEnded('cancelled'));
  }

  /** Lets every task end at its next checkpoint, within `graceMs`; the next start goes on from there. */
  async close(graceMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { controller } of this.#running.values()) controller.abort(new TaskEnded('stopped'));
    const ended = Promise.all([...this.#running.values()].map((running) => running.ended));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([ended, grace]);
    clearTimeout(timer);
    this.#closed = true;
  }

  #recover(): void {
    const { store, now, onLog } = this.#options;
    for (const task of store.running()) {
      if (store.cancelAsked(task.id)) store.finish(task.id, 'cancelled', task.error, now());
      else if (task.failures >= FAILURES_MAX) {
        store.finish(
          task.id,
          'failed',
          `the daemon ended ${task.failures} times while it ran, without progress`,
          now(),
        );
      } else store.interrupt(task.id, true, now());
      onLog('warn', 'task_interrupted', { task: task.id, kind: task.kind, stoppedAt: task.step });
    }
    this.#planSchedules();
    this.#recovered = true;
    this.version++;
  }

  #planSchedules(): void {
    const { store, now } = this.#options;
    const recurring = [...this.kinds.values()].filter((kind) => kind.schedule !== undefined);
    store.keepSchedules(recurring.map(({ kind }) => kind));
    for (const { kind, schedule } of recurring) {
      const kept = store.nextAt(kind);
      const planned = kept ?? nextRun(schedule!, now());
      if (kept === null) store.setNextAt(kind, planned);
      this.#nextAt.set(kind, planned);
    }
  }

  #addScheduled(): void {
    const { store, now } = this.#options;
    for (const [kind, plannedAt] of this.#nextAt) {
      const { schedule, steps } = this.kinds.get(kind)!;
      if (!isDue(schedule!, plannedAt, now())) continue;
      const next = nextRun(schedule!, now());
      const names = steps.map(({ name }) => name);
      store.createScheduled({ kind, params: {}, steps: names, scheduled: true }, now(), next);
      this.#nextAt.set(kind, next);
      this.version++;
    }
  }

  #beginDue(): void {
    const { store, now } = this.#options;
    for (const task of store.queued()) {
      if (this.#running.size >= RUNNING_MAX) return;
      // One that is further away than any pause was put off by a clock that has been set back since.
      const due = task.dueAt <= now() || task.dueAt > now() + RETRY_MS_MAX;
      if (due && ![...this.#running.values()].some(({ kind }) => this.#areApart(kind, task.kind))) this.#begin(task);
    }
  }

  #areApart(running: string, next: string): boolean {
    if (running === next) return true;
    const isNamed = (one: string, other: string) => this.kinds.get(one)?.apart?.includes(other) === true;
    return isNamed(running, next) || isNamed(next, running);
  }

  #begin(task: TaskRow): void {
    const { store, now } = this.#options;
    const kind = this.kinds.get(task.kind);
    const params = kind?.paramsSchema.safeParse(task.params);
    if (kind === undefined || !params?.success) {
      const error = params?.error ? z.prettifyError(params.error) : `this version knows no task of kind ${task.kind}`;
      this.#fail(task, error, 'TF_INPUT');
      return;
    }
    store.begin(
      task.id,
      kind.steps.map(({ name }) => name),
      now(),
    );
    const controller = new AbortController();
    const running: Running = {
      kind: task.kind,
      controller,
      step: task.step,
      progress: task.progress,
      detail: null,
      ended: Promise.resolve(),
    };
    this.#running.set(task.id, running);
    this.#say(task, 'info', 'task_started', { attempt: task.attempts + 1 });
    running.ended = runAttempt({
      task,
      kind,
      params: params.data,
      store,
      signal: controller.signal,
      now,
      onProgress: (step, progress) => {
        Object.assign(running, { step, progress });
        this.version++;
      },
      onDetail: (detail) => {
        running.detail = detail;
        this.version++;
      },
      onLog: (level, event, fields = {}) => this.#say(task, level, event, fields),
    }).then((outcome) => this.#settle(task, outcome));
  }

  /** Writes the end of an attempt; when there is no room for that, the next ticks try again. */
  #settle(task: TaskRow, outcome: Outcome): void {
    if (this.#closed) return;
    try {
      this.#write(task, outcome);
    } catch (error) {
      if (!this.#unsettled.has(task.id)) this.#options.onLog('error', 'state_failed', { error: String(error) });
      this.#unsettled.set(task.id, { task, outcome });
      return;
    }
    this.#unsettled.delete(task.id);
    this.#running.delete(task.id);
    // Another of its kind may be waiting.
    if (this.#timer !== null) setImmediate(() => this.tick());
  }

  #write(task: TaskRow, outcome: Outcome): void {
    const { store, now } = this.#options;
    if (outcome.as === 'failed') {
      this.#failed(task, outcome);
      return;
    }
    if (outcome.as === 'stopped') store.interrupt(task.id, false, now());
    else store.finish(task.id, outcome.as, outcome.as === 'done' ? '' : task.error, now());
    this.#say(task, 'info', `task_${outcome.as}`, {});
  }

  #failed(task: TaskRow, { error, code, final }: Outcome & { as: 'failed' }): void {
    const { store, now } = this.#options;
    const failures = store.get(task.id)?.failures ?? FAILURES_MAX;
    if (final || failures >= FAILURES_MAX) {
      this.#fail(task, error, code);
      return;
    }
    const waitMs = Math.min(RETRY_MS_MIN * RETRY_FACTOR ** Math.max(failures - 1, 0), RETRY_MS_MAX);
    store.requeue(task.id, now() + waitMs, error);
    this.#say(task, 'warn', 'task_retried', { error, waitMs });
  }

  #fail(task: TaskRow, error: string, code: ErrorCode): void {
    this.#options.store.finish(task.id, 'failed', error, this.#options.now());
    this.#say(task, 'error', 'task_failed', { error, code });
  }

  #say(task: TaskRow, level: 'info' | 'warn' | 'error', event: InternalEvent, fields: Fields): void {
    this.version++;
    this.#options.onLog(level, event, { task: task.id, kind: task.kind, ...fields });
    try {
      this.#options.log.add(task.id, { at: this.#options.now(), level, event, fields });
    } catch {
      // The daemon's log has it; without room here the task itself goes on.
    }
  }
}
