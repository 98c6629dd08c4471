import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { TrackflowError } from '../errors/error.ts';
import { fileError } from '../errors/file-error.ts';
import type { Environment } from './environment.ts';

/** Directories and files of a home are for their owner alone. */
export const HOME_MODE = 0o700;

/** Everything a running instance owns. Two homes are two independent instances. All paths absolute. */
export interface HomePaths {
  readonly home: string;
  /** The configuration, written by the operator and by `trackflow engine move`. */
  readonly config: string;
  /** SQLite; the daemon is its only opener. */
  readonly state: string;
  readonly spool: string;
  /** Data of the embedded engine. */
  readonly clickhouse: string;
  /** What exists only for a running instance, and secrets: socket, lock, ports, engine password. */
  readonly run: string;
  readonly logs: string;
  /** Reports of migrations. */
  readonly migrations: string;
  /** Exports of the dashboard and its choices of last time. */
  readonly dash: string;
  /** What was typed at the prompt of `trackflow engine sql`, mode 0600. */
  readonly sqlHistory: string;
  /** Shape, ports and secrets of the cluster of this instance; there while it has one. */
  readonly cluster: string;
  /** `{pid, startedAt, version, url}` of the running daemon, mode 0600. Left behind only when it was killed. */
  readonly daemonJson: string;
  /** Held by the running daemon. */
  readonly lock: string;
  /** What the daemon writes to stdout and stderr: crashes before and outside its log. */
  readonly daemonOutput: string;
}

/**
 * The home of the instance: `--home`, else `TRACKFLOW_HOME`, else `trackflow` in the XDG data directory (a relative
 * `XDG_DATA_HOME` is ignored, as its specification asks). Absolute; a relative one is taken from the working directory.
 */
export function resolveHome(flag: string | undefined, env: Environment): string {
  const given = flag || env.TRACKFLOW_HOME;
  if (given) return resolve(given);
  const xdg = env.XDG_DATA_HOME ?? '';
  return join(isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.local', 'share'), 'trackflow');
}

/** Where everything lies in `home`. Touches nothing. */
export function homePaths(home: string): HomePaths {
  const run = join(home, 'run');
  const logs = join(home, 'logs');
  return {
    home,
    config: join(home, 'trackflow.json'),
    state: join(home, 'state.db'),
    spool: join(home, 'spool'),
    clickhouse: join(home, 'clickhouse'),
    run,
    logs,
    migrations: join(home, 'migrations'),
    dash: join(home, 'dash'),
    sqlHistory: join(home, 'sql-history'),
    cluster: join(run, 'cluster.json'),
    daemonJson: join(run, 'daemon.json'),
    lock: join(run, 'daemon.lock'),
    daemonOutput: join(logs, 'daemon.out.log'),
  };
}

/**
 * Creates what is missing of a home and closes its directories to other users. The home itself keeps its mode when it
 * was there already: it may be somebody's shared directory. Throws TF_PERMISSION or TF_CANNOT_CREATE.
 */
export function prepareHome(home: string): HomePaths {
  const paths = homePaths(home);
  makeDirectory(home);
  for (const directory of [paths.spool, paths.clickhouse, paths.run, paths.logs]) {
    makeDirectory(directory);
    closeToOthers(directory);
  }
  return paths;
}

const OTHER_HOME = ['choose another place: --home DIR or TRACKFLOW_HOME=DIR'];

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: HOME_MODE });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw fileError(cause, 'create and write the directory', path, OTHER_HOME);
  }
  if (!statSync(path).isDirectory()) {
    throw new TrackflowError('TF_CANNOT_CREATE', `${path} is a file, not a directory`, { hints: OTHER_HOME });
  }
}

function closeToOthers(path: string): void {
  if ((statSync(path).mode & 0o777) === HOME_MODE) return;
  try {
    chmodSync(path, HOME_MODE);
  } catch (cause) {
    throw fileError(cause, 'set mode 0700 on', path, [
      `chown it to the user that runs trackflow, or use another --home`,
    ]);
  }
}
