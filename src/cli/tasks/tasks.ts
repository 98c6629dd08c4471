import { TASK_STATES, type TaskChange, type TaskList, type TaskReport } from '../../control/tasks.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';

export { TASK_STATES };

export interface TaskListDocument extends TaskList {
  readonly schema: 'trackflow.tasks/1';
}

export interface TaskDocument extends TaskReport {
  readonly schema: 'trackflow.task/1';
}

export interface TaskChangeDocument extends TaskChange {
  readonly schema: 'trackflow.task-change/1';
}

/** What waits or runs first, then the newest; and when the recurring kinds run next. */
export async function listTasks(
  { control }: Instance,
  { state, kind }: { readonly state?: string | undefined; readonly kind?: string | undefined },
): Promise<TaskListDocument> {
  return { schema: 'trackflow.tasks/1', ...(await control.tasks({ state, kind })) };
}

export async function showTask({ control }: Instance, id: string): Promise<TaskDocument> {
  return { schema: 'trackflow.task/1', ...(await control.task(taskId(id))) };
}

export async function runTask({ control }: Instance, kind: string): Promise<TaskChangeDocument> {
  return { schema: 'trackflow.task-change/1', ...(await control.startTask(kind)) };
}

export async function retryTask({ control }: Instance, id: string): Promise<TaskChangeDocument> {
  return { schema: 'trackflow.task-change/1', ...(await control.retryTask(taskId(id))) };
}

export async function cancelTask({ control }: Instance, id: string): Promise<TaskChangeDocument> {
  return { schema: 'trackflow.task-change/1', ...(await control.cancelTask(taskId(id))) };
}

/** Throws TF_USAGE for what cannot be an id. */
function taskId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no task; allowed: a number of the list`, {
    hints: ['trackflow tasks list'],
  });
}
