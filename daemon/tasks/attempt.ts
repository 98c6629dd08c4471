import { type ErrorCode, TrackflowError } from '../../src/errors/error.ts';
import type { AnyTaskKind, TaskContext } from './kind.ts';
import type { TaskRow, TaskStore } from './store.ts';

/** What became of an attempt. `final`: another one would fail the same way. */
export type Outcome =
  | { readonly as: 'done' }
  | { readonly as: 'cancelled' }
  | { readonly as: 'stopped' }
  | { readonly as: 'failed'; readonly error: string; readonly code: ErrorCode; readonly final: boolean };

/** Why the signal of an attempt is aborted. */
export class TaskEnded extends Error {
  readonly as: 'cancelled' | 'stopped';

  constructor(as: 'cancelled' | 'stopped') {
    super(`the task is ${as}`);
    this.as = as;
  }
}

export interface AttemptOptions {
  readonly task: TaskRow;
  readonly kind: AnyTaskKind;
  readonly params: unknown;
  readonly store: TaskStore;
  /** Aborted with a `TaskEnded`. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly onProgress: (step: string, progress: number | null) => void;
  readonly onDetail: (detail: object) => void;
  readonly onLog: TaskContext<unknown>['log'];
}

/**
 * Walks a task's steps from the first one that is not done to the end, or to where it is told to stop. Never rejects.
 */
export async function runAttempt(options: AttemptOptions): Promise<Outcome> {
  const { task, kind, store, signal, now } = options;
  try {
    const saved = new Map(store.steps(task.id).map((step) => [step.name, step]));
    for (const step of kind.steps) {
      if (saved.get(step.name)?.finishedAt != null) continue;
      signal.throwIfAborted();
      store.beginStep(task.id, step.name, now());
      options.onProgress(step.name, null);
      await step.run(contextOf(options, step.name, saved.get(step.name)?.checkpoint ?? null));
      store.endStep(task.id, step.name, now());
    }
    return { as: 'done' };
  } catch (thrown) {
    // Whatever a step throws when it was told to end: that is why it ended.
    if (signal.reason instanceof TaskEnded) return { as: signal.reason.as };
    const known = thrown instanceof TrackflowError ? thrown : new TrackflowError('TF_FAILED', messageOf(thrown));
    const final = known.who === 'you' || known.code === 'TF_VERIFICATION';
    return { as: 'failed', error: known.message, code: known.code, final };
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function contextOf(options: AttemptOptions, step: string, saved: unknown): TaskContext<unknown> {
  const { task, params, store, signal, now, onProgress, onLog } = options;
  let progress: number | null = null;
  return {
    task: task.id,
    params,
    createdAt: task.createdAt,
    saved,
    signal,
    now,
    progress(done, total) {
      progress = total > 0 ? Math.min(Math.max(done / total, 0), 1) : null;
      onProgress(step, progress);
    },
    detail: options.onDetail,
    checkpoint(value) {
      store.checkpoint(task.id, step, value, progress);
      signal.throwIfAborted();
    },
    log: onLog,
  };
}
