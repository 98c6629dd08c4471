import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { homePaths } from '../config/home.ts';
import { TrackflowError } from '../errors/error.ts';
import { errnoOf, fileError } from '../errors/file-error.ts';

/** Bytes of a path that every Unix fits into `sun_path` (104 on macOS, 108 on Linux, each with its zero). */
export const SOCKET_PATH_BYTES_MAX = 100;

/**
 * Where the daemon of `home` listens: `<home>/run/control.sock`, or when that is too long for a Unix socket, a short
 * name in a directory of the user's own. Depends on the home and the user alone, never on the environment: TMPDIR and
 * XDG_RUNTIME_DIR differ between a login shell, cron and a service, and a runtime directory vanishes at logout.
 */
export function controlSocketPath(home: string): string {
  const real = realHome(home);
  const path = join(homePaths(real).run, 'control.sock');
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  const name = createHash('sha256').update(real).digest('hex').slice(0, 16);
  return join(sharedPlace(), `${name}.sock`);
}

/**
 * Makes the directory of the socket, 0700, before the daemon listens; `run/` of a prepared home needs nothing. In /tmp
 * anybody may have made it first: one that is a link, another user's, or open to others is refused with TF_PERMISSION.
 */
export function prepareSocketDirectory(socketPath: string): void {
  const directory = dirname(socketPath);
  if (directory !== sharedPlace()) return;
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') throw fileError(cause, 'create the directory of the control socket', directory);
  }
  const found = lstatSync(directory);
  const ours = found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o077) === 0;
  if (ours) return;
  throw new TrackflowError('TF_PERMISSION', `${directory} is not a directory of this user with mode 0700`, {
    hints: ['use a --home with a shorter path (the socket then lies in it)', `or see who made it: ls -ld ${directory}`],
  });
}

function sharedPlace(): string {
  return join('/tmp', `trackflow-${process.getuid?.() ?? 0}`);
}

function realHome(home: string): string {
  try {
    return realpathSync(home);
  } catch {
    return home;
  }
}
