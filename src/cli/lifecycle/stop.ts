import type { Status } from '../../control/protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { poll } from '../poll.ts';
import { countText } from '../terminal/units.ts';
import { readDaemonFile, removeDaemonFile } from './daemon-file.ts';
import { isAlive, processState } from './daemon-process.ts';

export interface StopOptions {
  /** Time for the drain; what is not flushed by then stays spooled. */
  readonly timeoutMs: number;
  /** Kill it when it is not gone by then. */
  readonly force: boolean;
  /** After its drain the daemon closes the engine and its files; fifteen seconds are plenty. */
  readonly closeGraceMs?: number;
}

export interface StopReport {
  readonly schema: 'trackflow.stop/1';
  readonly state: 'stopped';
  /** Whether a daemon ran. */
  readonly changed: boolean;
  /** Whether it had to be killed. What was answered 202 is on disk either way. */
  readonly forced: boolean;
  readonly home: string;
  /** 0 when none ran. */
  readonly pid: number;
}

const CLOSE_GRACE_MS = 15_000;
const KILL_TIMEOUT_MS = 10_000;

/**
 * Stops the daemon of the instance and returns when its process is gone; nothing to stop is no failure. Throws TF_TIMEOUT
 * when it takes longer than `timeoutMs` and the time it needs to close, TF_STATE_UNKNOWN when something holds the place
 * that is not known to be the daemon.
 */
export async function stopInstance(instance: Instance, options: StopOptions): Promise<StopReport> {
  const pid = (await askToStop(instance, options.timeoutMs)) ?? silentDaemon(instance);
  if (pid === undefined) return report(instance, { changed: false, forced: false, pid: 0 });
  instance.say(`stopping TrackFlow (pid ${pid})`);
  if (await isGoneWithin(instance, pid, options.timeoutMs + (options.closeGraceMs ?? CLOSE_GRACE_MS))) {
    return report(instance, { changed: true, forced: false, pid });
  }
  if (!options.force) throw tooSlow(pid);
  await kill(instance, pid);
  return report(instance, { changed: true, forced: true, pid });
}

/** Its process id when a daemon answered and has begun to stop; undefined when none listens or it does not answer. */
async function askToStop({ control, say, home }: Instance, timeoutMs: number): Promise<number | undefined> {
  let status: Status;
  try {
    status = await control.status();
    await control.stop(timeoutMs);
  } catch (cause) {
    const code = cause instanceof TrackflowError ? cause.code : 'TF_FAILED';
    if (code === 'TF_TIMEOUT') say(`the daemon in ${home} does not answer`);
    if (code === 'TF_NOT_RUNNING' || code === 'TF_TIMEOUT') return undefined;
    throw cause;
  }
  return status.pid;
}

/** A daemon that does not answer but lives, as its file says. It is asked by signal; the file of a dead one is removed. */
function silentDaemon({ paths, home, say }: Instance): number | undefined {
  const file = readDaemonFile(paths.daemonJson);
  if (file === undefined) return undefined;
  const state = processState(file.pid, home);
  if (state === 'ours') {
    process.kill(file.pid, 'SIGTERM');
    return file.pid;
  }
  if (state === 'unknown') throw unknownProcess(file.pid, paths.daemonJson);
  removeDaemonFile(paths.daemonJson, file.pid);
  say(`the last daemon (pid ${file.pid}) did not stop in order; it is gone`);
  return undefined;
}

async function isGoneWithin(instance: Instance, pid: number, timeoutMs: number): Promise<boolean> {
  let lastRows = 0;
  const gone = await poll(
    async () => {
      if (!isAlive(pid)) return true;
      const rows = await instance.control.status().then(
        (status) => status.spool.rows,
        () => 0,
      );
      if (rows > 0 && rows !== lastRows) instance.say(`flushing, ${countText(rows)} events left`);
      lastRows = rows;
      return undefined;
    },
    { timeoutMs, signal: instance.signal },
  );
  return gone === true;
}

async function kill(instance: Instance, pid: number): Promise<void> {
  const { home, paths } = instance;
  const state = processState(pid, home);
  if (state === 'unknown' || state === 'other') throw unknownProcess(pid, paths.daemonJson);
  if (state === 'ours') process.kill(pid, 'SIGKILL');
  if (!(await isGoneWithin(instance, pid, KILL_TIMEOUT_MS))) throw tooSlow(pid);
  removeDaemonFile(paths.daemonJson, pid);
}

function tooSlow(pid: number): TrackflowError {
  return new TrackflowError('TF_TIMEOUT', `the daemon (pid ${pid}) is still stopping`, {
    hints: [
      'trackflow wait --for stopped',
      'trackflow stop --force kills it; what was answered 202 is on disk and flushed after the next start',
    ],
  });
}

function unknownProcess(pid: number, file: string): TrackflowError {
  const message = `process ${pid} lives, but whether it is the daemon cannot be seen; it was not signalled`;
  return new TrackflowError('TF_STATE_UNKNOWN', message, {
    hints: [`ps -p ${pid} -o pid,command`, `if it is not the daemon, remove ${file}`],
  });
}

function report({ home }: Instance, found: Pick<StopReport, 'changed' | 'forced' | 'pid'>): StopReport {
  return { schema: 'trackflow.stop/1', state: 'stopped', home, ...found };
}
