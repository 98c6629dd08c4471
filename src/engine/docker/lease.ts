/**
 * Who may change the containers of a home: one process at a time, be it the daemon or a command.
 *
 * Always true: the file names its holder and is never half written; one whose holder is gone, or that is older than any
 * change takes, is taken over. Nothing waits for ever.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackflowError } from '../../errors/error.ts';
import { errnoOf, fileError } from '../../errors/file-error.ts';

const POLL_MS = 100;
/** Longer than the longest pull and the longest wait together. After that the process id is another's. */
const AGE_MS_MAX = 2 * 3_600_000;

/** Waits for the lease, at the most `timeoutMs`; the answer gives it back. Rejects with TF_BUSY, or the signal's reason. */
export async function takeLease(path: string, timeoutMs: number, signal: AbortSignal): Promise<() => void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const release = tryLease(path);
    if (release !== null) return release;
    if (performance.now() >= deadline) {
      throw new TrackflowError('TF_BUSY', `the containers are being changed by process ${holderOf(path)}`, {
        hints: ['wait for it, then this again', 'trackflow engine status'],
      });
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The lease if nobody has it; null when somebody does, or has just had it. */
export function tryLease(path: string): (() => void) | null {
  if (take(path)) return () => rmSync(path, { force: true });
  const holder = holderOf(path);
  if (holder === '' || !isOver(path, holder)) return null;
  setAside(path, holder);
  return take(path) ? () => rmSync(path, { force: true }) : null;
}

function take(path: string): boolean {
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, String(process.pid), { mode: 0o600 });
    linkSync(own, path);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    throw fileError(cause, 'write', path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes the lease of a process that is gone; one that another has taken in the meantime is put back. */
function setAside(path: string, holder: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== holder) linkSync(aside, path);
  } catch {
    // Somebody else was faster.
  }
  rmSync(aside, { force: true });
}

/** Empty when there is none. */
function holderOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isOver(path: string, holder: string): boolean {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > AGE_MS_MAX || !isAlive(Number(holder));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return errnoOf(cause) !== 'ESRCH';
  }
}
