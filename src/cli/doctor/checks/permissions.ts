import { chmodSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOME_MODE } from '../../../config/home.ts';
import type { Instance } from '../../instance.ts';
import { type Finding, fail, type Patient, pass, skip, warn } from '../check.ts';

const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** Whether other users can get at what the instance keeps, or the instance cannot, for who owns it. */
export function permissions({ instance }: Patient): Finding {
  const present = [...foldersOf(instance), ...filesOf(instance)];
  if (present.length === 0) return skip('nothing is there yet');
  const user = process.getuid?.();
  const foreign = present.filter((path) => user !== undefined && user !== 0 && statSync(path).uid !== user);
  if (foreign.length > 0)
    return fail(`of another user: ${foreign.join(' ')}`, `chown them to this user, or run as theirs`);
  const open = openOnes(instance).map(({ path }) => path);
  if (open.length === 0) return pass('closed to other users');
  return warn(`open to other users: ${open.join(' ')}`, 'trackflow doctor --fix');
}

/** Closes to others what `permissions` found open. */
export function closePermissions({ instance }: Patient): string[] {
  return openOnes(instance).map(({ path, mode }) => {
    chmodSync(path, mode);
    return `set mode ${mode.toString(8)} on ${path}`;
  });
}

function openOnes(instance: Instance): { readonly path: string; readonly mode: number }[] {
  const folders = foldersOf(instance).filter((path) => (statSync(path).mode & 0o777) !== HOME_MODE);
  // Files are reached only through a home that is itself open: it may be a directory that was there before.
  const isReachable = existsSync(instance.home) && (statSync(instance.home).mode & OTHERS) !== 0;
  const files = isReachable ? filesOf(instance).filter((path) => (statSync(path).mode & OTHERS) !== 0) : [];
  return [...folders.map((path) => ({ path, mode: HOME_MODE })), ...files.map((path) => ({ path, mode: FILE_MODE }))];
}

function foldersOf({ paths }: Instance): string[] {
  return [paths.run, paths.spool, paths.clickhouse, paths.logs, join(paths.home, 'acme')].filter((path) =>
    existsSync(path),
  );
}

/** `state.db` holds salts and digests of keys, its companions what was written last; `run/engine.json` passwords. */
function filesOf({ paths }: Instance): string[] {
  const files = [...['', '-wal', '-shm'].map((end) => `${paths.state}${end}`), join(paths.run, 'engine.json')];
  return files.filter((path) => existsSync(path));
}
