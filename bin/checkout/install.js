/**
 * node_modules is complete when the stamp in it names this package-lock.json and this machine. An installation goes into
 * a directory of its own, gets its stamp, and takes the place of node_modules in one rename: what was interrupted, or
 * goes on after its parent was killed, is never seen.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execute } from './execute.js';

const STAMP = '.trackflow-installed';

/**
 * @param {string} root the checkout
 * @returns {boolean}
 */
export function isInstalled(root) {
  const modules = join(root, 'node_modules');
  if (!existsSync(join(modules, '.bin', 'node'))) return false;
  if (read(join(modules, STAMP)) === wantedStamp(root)) return true;
  if (!matchesHiddenLock(root)) return false;
  writeFileSync(join(modules, STAMP), wantedStamp(root));
  return true;
}

/**
 * Installs what package-lock.json names. Throws with npm's messages when npm fails; node_modules then stays as it was.
 * @param {string} root the checkout
 * @param {(line: string) => void} say
 */
export async function install(root, say) {
  say('installing dependencies (once, about a minute)');
  const work = join(root, '.trackflow');
  for (const name of readdirSync(work)) if (name.startsWith('install-')) discard(join(work, name));
  const next = join(work, `install-${process.pid}`);
  mkdirSync(next);
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(root, name), join(next, name));

  try {
    await runNpm(next);
    putInPlace(root, next);
  } finally {
    discard(next);
  }
}

function putInPlace(root, next) {
  const fresh = join(next, 'node_modules');
  if (!existsSync(join(fresh, '.bin', 'node'))) {
    throw new Error('npm left out Node itself: is `ignore-scripts` set in your npm configuration?');
  }
  writeFileSync(join(fresh, STAMP), wantedStamp(root));
  const modules = join(root, 'node_modules');
  if (existsSync(modules)) renameSync(modules, join(next, 'replaced'));
  renameSync(fresh, modules);
}

/**
 * `npm install --no-save` keeps to the lock file as `npm ci` does, but does not insist that it lists the optional
 * packages of every other platform. NODE_ENV=production must not drop the compiler and the checkout's own Node.
 */
async function runNpm(directory) {
  const npm = process.env.npm_execpath;
  const [command, ...prefix] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const args = ['install', '--no-save', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  await execute('npm', command, [...prefix, ...args, '--loglevel=error', '--prefix', directory], directory);
}

/** An npm that outlived its parent may still write there; then it is left for the next time. */
function discard(directory) {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // The directory is of no use to anybody and in nobody's way.
  }
}

function wantedStamp(root) {
  const lock = createHash('sha256')
    .update(read(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform} ${process.arch}\n`;
}

/** Whether somebody's own `npm ci` or `npm install` put the very same packages there; npm writes its list last. */
function matchesHiddenLock(root) {
  const hidden = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (hidden === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = hidden[path];
    if (found === undefined) return entry.optional === true && !isMadeForThisMachine(entry);
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(root, path));
  });
}

function packagesOf(lockPath) {
  const text = read(lockPath);
  return text === '' ? undefined : JSON.parse(text).packages;
}

/** A binary package of this very platform, like the engine's: optional for npm, not for us. */
function isMadeForThisMachine({ os, cpu, libc }) {
  return libc === undefined && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
