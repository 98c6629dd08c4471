import type { TaskReport } from '../../control/tasks.ts';
import { ERRORS, type ErrorCode, TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { followTask } from './follow-task.ts';
import { taskProgress } from './task-progress.ts';

/** Shows a task until its end, which it returns. Interrupted, it says where the task, which goes on, is seen. */
export async function watchTask(instance: Instance, id: number): Promise<TaskReport> {
  const progress = taskProgress(process.stderr);
  try {
    return await followTask(instance, id, progress.show);
  } catch (cause) {
    progress.end();
    if (instance.signal.aborted) instance.say(`it goes on: ${instance.commandLine(`tasks show ${id}`)}`);
    throw cause;
  } finally {
    progress.end();
  }
}

/** What a task that is not done has ended with, under the code that its log has; `hint` says what holds now. */
export function taskFailure({ id, state, error, log }: TaskReport, hint: string): TrackflowError {
  const hints = [`trackflow tasks show ${id}`, hint];
  if (state === 'cancelled') return new TrackflowError('TF_INTERRUPTED', `task ${id} was cancelled`, { hints });
  const code = String(log.findLast(({ event }) => event === 'task_failed')?.fields.code);
  return new TrackflowError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'TF_FAILED', error, { hints });
}
