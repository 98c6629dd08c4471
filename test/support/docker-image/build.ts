import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { libchdbPath } from 'chdb/libchdb';
import { packageRoot } from '../../../src/package-root.ts';

const HERE = import.meta.dirname;
/** What the official image says of itself. */
const CHANGES = [
  'ENTRYPOINT ["/usr/bin/node", "/opt/engine/entry.mjs"]',
  'ENV CLICKHOUSE_CONFIG=/etc/clickhouse-server/config.xml',
  'VOLUME /var/lib/clickhouse',
  'EXPOSE 8123 9000',
];

/**
 * A stand-in for the official image, which a machine without network cannot pull: the real engine out of the npm packages
 * with Node and the libraries it needs, and nothing else. About five seconds.
 */
export async function importStandIn(docker: readonly string[], image: string, folder: string): Promise<void> {
  const root = path.join(folder, 'rootfs');
  fillRoot(root);
  await importRoot(docker, image, root, CHANGES);
}

/** Makes an image of a folder, which is gone then. `changes` are lines of a Dockerfile. */
export async function importRoot(
  docker: readonly string[],
  image: string,
  root: string,
  changes: readonly string[],
): Promise<void> {
  const flags = changes.flatMap((change) => ['-c', change]);
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [program, ...args] = docker;
  const load = spawn(program!, [...args, 'import', ...flags, '-', image], {
    stdio: [tar.stdout, 'ignore', 'inherit'],
  });
  const [code] = await once(load, 'close');
  fs.rmSync(root, { recursive: true });
  if (code !== 0) throw new Error(`docker import ended with ${code}`);
}

/** Copies a file or folder of the machine into a root file system. */
export function put(root: string, from: string, to: string, mode = 0o644): void {
  const target = path.join(root, to);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.cpSync(fs.realpathSync(from), target, { recursive: true });
  if (fs.statSync(target).isFile()) fs.chmodSync(target, mode);
}

/** Copies a program to `to`, with its libraries. */
export function putProgram(root: string, from: string, to: string): void {
  putLibraries(root, from);
  put(root, from, to, 0o755);
}

/** Copies every library that the dynamic loader would open for a file to where it is here. */
export function putLibraries(root: string, file: string): void {
  for (const needed of sharedLibraries(fs.realpathSync(file))) put(root, needed, needed, 0o755);
}

function fillRoot(root: string): void {
  const modules = path.join(packageRoot(), 'node_modules');
  putProgram(root, process.execPath, 'usr/bin/node');
  putProgram(root, libchdbPath(), 'opt/engine/libchdb.so');
  put(root, path.join(packageRoot(), 'dist/src/engine/engine-process.js'), 'opt/engine/engine-process.mjs');
  put(root, path.join(HERE, 'entry.mjs'), 'opt/engine/entry.mjs');
  put(root, path.join(HERE, 'wget.cjs'), 'usr/bin/wget', 0o755);
  put(root, path.join(modules, 'ffi-rs'), 'opt/engine/node_modules/ffi-rs');
  for (const name of fs.readdirSync(path.join(modules, '@yuuang'))) {
    put(root, path.join(modules, '@yuuang', name), `opt/engine/node_modules/@yuuang/${name}`);
  }
  for (const name of ['config.xml', 'users.xml']) put(root, path.join(HERE, name), `etc/clickhouse-server/${name}`);
  for (const name of ['etc/clickhouse-server/config.d', 'etc/clickhouse-server/users.d', 'var/lib/clickhouse', 'tmp']) {
    fs.mkdirSync(path.join(root, name), { recursive: true });
  }
}

/** Paths that the dynamic loader would open, the loader itself among them. */
function sharedLibraries(binary: string): string[] {
  const lines = execFileSync('ldd', [binary], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
