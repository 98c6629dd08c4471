/**
 * One process at a time installs and builds. The lock is a directory that holds its owner's name, so taking it is one
 * atomic rename and it never exists without an owner.
 *
 * The owner touches it every second. A waiter takes it over when the owner's process is gone, or when it saw no touch
 * for STALE_MS of its own time (clocks are not compared: a sleeping laptop stops both). A lock that was taken over
 * stays behind under its owner's name, so a second waiter that judged the same owner dead cannot move a younger lock.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TOUCH_MS = 1_000;
const STALE_MS = 15_000;
const POLL_MS = 200;
const TOMBSTONE_KEPT_MS = 3_600_000;

/**
 * Runs `work` while no other process holds the lock at `path`.
 * @template T
 * @param {string} path
 * @param {(line: string) => void} say told once when somebody else holds it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, say, work) {
  mkdirSync(dirname(path), { recursive: true });
  buryOld(path);
  const token = await acquire(path, say);
  const touching = setInterval(() => touch(path), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    release(path, token);
  }
}

async function acquire(path, say) {
  const token = randomUUID();
  const mine = `${path}.${token}`;
  mkdirSync(mine);
  writeFileSync(join(mine, 'owner.json'), JSON.stringify({ token, pid: process.pid, host: hostname() }));
  let seen = '';
  let unchangedMs = 0;
  for (let round = 0; !moved(mine, path); round++) {
    if (round === 1) say('waiting for another npm start or npm test to finish installing');
    const owner = readOwner(path);
    const state = owner && `${owner.token} ${owner.touchedMs}`;
    unchangedMs = state === seen ? unchangedMs + POLL_MS : 0;
    seen = state;
    if (owner && (isGone(owner) || unchangedMs >= STALE_MS)) moved(path, `${path}.taken-${owner.token}`);
    else await sleep(POLL_MS);
  }
  return token;
}

function release(path, token) {
  if (readOwner(path)?.token !== token) return;
  const done = `${path}.done-${token}`;
  if (moved(path, done)) rmSync(done, { recursive: true, force: true });
}

/** Renames a directory; false when the target is there already or the source is not. */
function moved(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) return false;
    throw error;
  }
}

function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
    return { ...owner, touchedMs: statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}

function isGone(owner) {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Taken over while this process was stopped: release sees the other owner and leaves it alone.
  }
}

function buryOld(path) {
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const tombstone = join(dirname(path), name);
    const age = Date.now() - (statSync(tombstone, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > TOMBSTONE_KEPT_MS) rmSync(tombstone, { recursive: true, force: true });
  }
}
