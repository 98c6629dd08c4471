import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../../errors/file-error.ts';

const POLL_MS = 5;
/** A process that was killed is gone in milliseconds; one that waits for the disk takes longer. */
const GONE_MS_MAX = 10_000;

/** Sends a signal; false when there is no such process any more. Throws what else fails, as a missing right does. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Ends a process as a power cut would, and waits until it is gone: no handler of it runs. */
export async function killProcess(pid: number): Promise<void> {
  const deadline = performance.now() + GONE_MS_MAX;
  if (!signalProcess(pid, 'SIGKILL')) return;
  while (signalProcess(pid, 0) && performance.now() < deadline) await sleep(POLL_MS);
}

/**
 * Stops a process for `ms`, or until `signal` aborts, and lets it go on whatever happens here: also when this program
 * ends in between. False when it was gone by then.
 */
export async function pauseProcess(pid: number, ms: number, signal: AbortSignal): Promise<boolean> {
  const resume = () => signalProcess(pid, 'SIGCONT');
  process.once('exit', resume);
  try {
    if (!signalProcess(pid, 'SIGSTOP')) return false;
    await sleep(ms, undefined, { signal }).catch(() => {});
  } finally {
    process.off('exit', resume);
  }
  return resume();
}
