import fs from 'node:fs';
import path from 'node:path';
import type { HomePaths } from '../../src/config/home.ts';
import type { Config } from '../../src/config/schema.ts';
import { placeOf, writePlace } from '../../src/engine/place.ts';
import { engineFile, nextFolder } from './target.ts';

const MODE = 0o600;
const PERMISSIONS = 0o777;

/**
 * Makes `to` the engine of the home, for every start from here on.
 *
 * Always true: the one moment is the rename of `trackflow.json`. Killed before it, the next start finds the engine of
 * before (with the ports of the other, which it may have or replaces); killed after it, the new one. Nothing of the old
 * data is touched. Returns the keys of the settings that are others now.
 */
export function commitMove(paths: HomePaths, from: Config['engine'], to: Config['engine']): readonly string[] {
  const changed = Object.entries(to).filter(
    ([name, value]) => name === 'kind' || value !== from[name as keyof typeof from],
  );
  writePlace(paths.run, [placeOf(from), placeOf(to)]);
  if (to.kind !== 'url') replaceFile(engineFile(paths.run), fs.readFileSync(engineFile(nextFolder(paths)), 'utf8'));
  replaceSettings(paths.config, 'engine', Object.fromEntries(changed));
  return changed.map(([name]) => `engine.${name}`);
}

/** The move is over: only the new engine will do from now on, and what it was prepared with is removed. */
export function settleMove(paths: HomePaths, to: Config['engine']): void {
  writePlace(paths.run, [placeOf(to)]);
  fs.rmSync(nextFolder(paths), { recursive: true, force: true });
}

/** Gives settings of a section other values in the configuration `file`, in one step. All others stay as they are written there. */
export function replaceSettings(file: string, section: string, changed: Readonly<Record<string, unknown>>): void {
  const written = JSON.parse(readConfig(file).replace(/^\uFEFF/, '')) as Record<string, object | undefined>;
  replaceFile(file, `${JSON.stringify({ ...written, [section]: { ...written[section], ...changed } }, null, 2)}\n`);
}

function readConfig(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{}';
}

/** In one step, and on disk when it returns; the file of before when it throws. The mode stays what the operator made it. */
function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  const before = `${file}.before`;
  const mode = fs.statSync(file, { throwIfNoEntry: false })?.mode;
  fs.rmSync(before, { force: true });
  if (mode !== undefined) fs.copyFileSync(file, before);
  const descriptor = fs.openSync(fresh, 'w', mode ?? MODE);
  try {
    if (mode !== undefined) fs.fchmodSync(descriptor, mode & PERMISSIONS);
    fs.writeFileSync(descriptor, text);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(fresh, file);
  try {
    syncFolder(path.dirname(file));
  } catch (error) {
    if (mode === undefined) fs.rmSync(file);
    else fs.renameSync(before, file);
    throw error;
  }
  fs.rmSync(before, { force: true });
}

function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
