import { notRunning } from '../../control/client.ts';
import type { Status } from '../../control/protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { poll } from '../poll.ts';
import { readDaemonFile } from './daemon-file.ts';
import { processState } from './daemon-process.ts';

/** `ready`: takes events and its engine answers. `drained`: nothing is left in the spool. `stopped`: no process. */
export const WAIT_GOALS = ['ready', 'drained', 'stopped'] as const;
export type WaitGoal = (typeof WAIT_GOALS)[number];

export interface WaitReport {
  readonly schema: 'trackflow.wait/1';
  readonly reached: WaitGoal;
  readonly home: string;
}

const REACHED: Readonly<Record<WaitGoal, (status: Status) => boolean>> = {
  ready: ({ state, engine }) => state === 'running' && engine.state === 'ready',
  drained: ({ spool }) => spool.rows === 0,
  stopped: () => false,
};

/**
 * Returns when the instance has reached `goal`. Throws TF_TIMEOUT that says how far it is, and TF_NOT_RUNNING when there
 * is nothing that could drain.
 */
export async function waitFor(instance: Instance, goal: WaitGoal, timeoutMs: number): Promise<WaitReport> {
  let last: Status | undefined;
  if (goal === 'drained') await instance.control.flush();
  const reached = await poll(
    async () => {
      last = await statusNow(instance);
      if (last !== undefined) return REACHED[goal](last) || undefined;
      if (goal === 'drained') throw notRunning(instance.home);
      return (goal === 'stopped' && !isProcessLeft(instance)) || undefined;
    },
    { timeoutMs, signal: instance.signal },
  );
  if (reached === true) return { schema: 'trackflow.wait/1', reached: goal, home: instance.home };
  throw new TrackflowError('TF_TIMEOUT', `not ${goal} within ${timeoutMs / 1000} s: ${howFar(last)}`, {
    hints: ['trackflow status', 'more time: --timeout 5m'],
  });
}

/** A daemon that does not answer within a call's time is asked again: the wait has its own deadline. */
async function statusNow(instance: Instance): Promise<Status | undefined> {
  try {
    return await instance.control.status();
  } catch (cause) {
    const passing = ['TF_NOT_RUNNING', 'TF_TIMEOUT', 'TF_STATE_UNKNOWN'];
    if (cause instanceof TrackflowError && passing.includes(cause.code)) return undefined;
    throw cause;
  }
}

function isProcessLeft({ paths, home }: Instance): boolean {
  const file = readDaemonFile(paths.daemonJson);
  return file !== undefined && processState(file.pid, home) === 'ours';
}

function howFar(last: Status | undefined): string {
  if (last === undefined) return 'no daemon answers';
  return `the daemon is ${last.state}, its engine ${last.engine.state}, ${last.spool.rows} events are in the spool`;
}
