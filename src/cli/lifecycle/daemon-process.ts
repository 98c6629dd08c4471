/**
 * Whether a process is the daemon of a home. A process id from a file says little: the process may be gone and its id
 * given to another. Nothing is ever signalled that is not `ours`.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { errnoOf } from '../../errors/file-error.ts';

/** `unknown`: it lives, and this machine does not show what it is. */
export type ProcessState = 'ours' | 'other' | 'gone' | 'unknown';

const DAEMON_SCRIPT = '/daemon/main.js';

export function processState(pid: number, home: string): ProcessState {
  if (!isAlive(pid)) return 'gone';
  if (!existsSync('/proc/self/cmdline')) return 'unknown';
  const words = readProc(pid, 'cmdline').split('\0');
  if (words[0] === '') return isAlive(pid) ? 'unknown' : 'gone';
  const named = words[words.indexOf('--home') + 1] ?? '';
  const isDaemon = words.some((word) => word.endsWith(DAEMON_SCRIPT)) && words.includes('--home');
  return isDaemon && real(named) === real(home) ? 'ours' : 'other';
}

/** Whether a process runs. A zombie does not: it only waits for a parent that may never ask. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (errnoOf(cause) === 'ESRCH') return false;
  }
  // `pid (name) S …`: the name may hold anything, so the state is what follows the last parenthesis.
  const stat = readProc(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
