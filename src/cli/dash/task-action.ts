import type { ControlClient } from '../../control/client.ts';
import type { TaskAction } from '../../dashboard/input/ui.ts';
import { TrackflowError } from '../../errors/error.ts';

/** Has the daemon do it. Resolves with a sentence of what became of it; never rejects. */
export async function changeTask(
  control: Pick<ControlClient, 'retryTask' | 'cancelTask'>,
  { action, task }: TaskAction,
): Promise<string> {
  try {
    const id = Number(task);
    const { task: now, changed } = await (action === 'retry' ? control.retryTask(id) : control.cancelTask(id));
    const { state } = now;
    if (action === 'cancel' && state === 'running') return `task ${task} ends at its next checkpoint`;
    return `task ${task} is ${state}${changed ? '' : ' already'}`;
  } catch (error) {
    const hint = error instanceof TrackflowError && error.hints[0] !== undefined ? ` (${error.hints[0]})` : '';
    return `not done: ${(error as Error).message}${hint}`;
  }
}
