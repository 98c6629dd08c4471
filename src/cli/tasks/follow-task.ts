import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskReport } from '../../control/tasks.ts';
import { type ErrorCode, TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';

const LOOK_EVERY_MS = 250;
/** A daemon that is opened anew, or that somebody starts again after a kill. */
const GONE_MS_MAX = 120_000;
const PASSING: readonly ErrorCode[] = ['TF_NOT_RUNNING', 'TF_STATE_UNKNOWN', 'TF_TIMEOUT'];

/**
 * Looks at a task until it has come to an end, which it returns, over restarts of the daemon. Rejects with the signal's
 * reason (the task goes on), or with what the daemon's absence is told as when it lasts.
 */
export async function followTask(
  { control, signal }: Pick<Instance, 'control' | 'signal'>,
  id: number,
  onLook: (task: TaskReport) => void,
): Promise<TaskReport> {
  let seenAt = performance.now();
  for (;;) {
    try {
      const task = await control.task(id);
      seenAt = performance.now();
      onLook(task);
      if (task.finishedAt !== null) return task;
    } catch (cause) {
      signal.throwIfAborted();
      const isPassing = cause instanceof TrackflowError && PASSING.includes(cause.code);
      if (!isPassing || performance.now() - seenAt > GONE_MS_MAX) throw cause;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
