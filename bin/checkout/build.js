/**
 * dist is fresh when the fingerprint in it is that of the sources; it is written last. A build goes into a directory of
 * its own and takes the place of dist in one rename: dist is never half built and keeps nothing of sources that are gone.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execute } from './execute.js';
import { buildTracker } from './tracker.js';

const SOURCES = ['commands', 'daemon', 'src'];
const SETTINGS = [
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
  'bin/checkout/tracker.js',
];
const STAMP = 'build.sha256';

/**
 * @param {string} root the checkout
 * @returns {boolean}
 */
export function isBuilt(root) {
  const stamp = join(root, 'dist', STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root);
}

/**
 * Compiles the sources into dist. Throws with the compiler's messages; dist then stays as it was.
 * @param {string} root the checkout
 * @param {(line: string) => void} say
 */
export async function build(root, say) {
  say('building');
  const stamp = fingerprint(root);
  const next = join(root, '.trackflow', 'build-next');
  const last = join(root, '.trackflow', 'build-last');
  for (const leftover of [next, last]) rmSync(leftover, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });

  const node = join(root, 'node_modules', '.bin', 'node');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compile = (project, outDir) => execute('tsc', node, [tsc, '-p', project, '--outDir', outDir], root);
  await compile('tsconfig.build.json', next);
  await buildTracker(root, join(next, 'tracker'), compile);

  const dist = join(root, 'dist');
  rmSync(join(root, 'oclif.manifest.json'), { force: true });
  if (existsSync(dist)) renameSync(dist, last);
  renameSync(next, dist);
  rmSync(last, { recursive: true, force: true });
  await execute('oclif manifest', node, [join(root, 'bin', 'checkout', 'manifest.js')], root);
  writeFileSync(join(dist, STAMP), stamp);
}

/** Of what is read, not of times: a fresh checkout, a copy and a branch and back need no build. */
function fingerprint(root) {
  const hash = createHash('sha256');
  const paths = SOURCES.flatMap((folder) => sourceFiles(join(root, folder)));
  for (const path of [...paths.sort(), ...SETTINGS.map((name) => join(root, name))]) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
