import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf, fileError } from '../../errors/file-error.ts';
import type { LineReader } from './line-reader.ts';

/** Files that are one log, and how it goes on from one to the next. */
export interface LogSource {
  /** Present files, oldest first. */
  files(): readonly string[];
  /** The file that follows the one that was read; undefined while that is the newest. */
  after(reader: LineReader): string | undefined;
}

const DAEMON_LOG = /^daemon\.(\d{1,15})\.log$/;
const ENGINE_LOG = 'clickhouse.log';

/** `daemon.1.log`, `daemon.2.log`, …: a larger number is newer; old ones are removed. A restart goes on in the newest. */
export function daemonLog(folder: string): LogSource {
  const files = () =>
    namesIn(folder)
      .filter((name) => DAEMON_LOG.test(name))
      .sort(byNumber);
  return {
    files: () => files().map((name) => join(folder, name)),
    after: (reader) => {
      const last = numberOf(basename(reader.path));
      const names = files();
      const next = names.find((name) => numberOf(name) > last) ?? (reader.isReplaced ? names[0] : undefined);
      return next === undefined ? undefined : join(folder, next);
    },
  };
}

/** `clickhouse.log`: when it is full it gets another name and a new one begins. */
export function engineLog(folder: string): LogSource {
  const path = join(folder, ENGINE_LOG);
  const files = () => (existsSync(path) ? [path] : []);
  return { files, after: (reader) => (reader.isReplaced ? files()[0] : undefined) };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw fileError(cause, 'list', folder);
  }
}

function numberOf(name: string): number {
  return Number(DAEMON_LOG.exec(name)?.[1] ?? -1);
}

function byNumber(one: string, other: string): number {
  return numberOf(one) - numberOf(other);
}
