import { readFileSync, rmSync } from 'node:fs';

/** What `run/daemon.json` says: there from the start of a daemon to its orderly end. */
export interface DaemonFile {
  readonly pid: number;
  readonly startedAt: string;
  readonly version: string;
  readonly url: string;
}

/** The file's content; undefined when it is not there or not one of ours. */
export function readDaemonFile(path: string): DaemonFile | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isDaemonFile(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file of a daemon that is gone, unless another has written its own since. */
export function removeDaemonFile(path: string, pid: number): void {
  if (readDaemonFile(path)?.pid === pid) rmSync(path, { force: true });
}

function isDaemonFile(content: unknown): content is DaemonFile {
  if (typeof content !== 'object' || content === null || !('pid' in content)) return false;
  return Number.isSafeInteger(content.pid) && (content.pid as number) > 1;
}
