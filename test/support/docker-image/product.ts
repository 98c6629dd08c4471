import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { libchdbPath } from 'chdb/libchdb';
import { packageRoot } from '../../../src/package-root.ts';
import type { TestDocker } from '../docker.ts';
import { importRoot, put, putLibraries, putProgram } from './build.ts';

/** The image of `Dockerfile`. */
export const PRODUCT = 'trackflow-test:1';
export const PROXY = 'trackflow-proxy:1';

const BASE = 'trackflow-base:1';
/** The name of the first stage: where there is no stage of that name, Docker takes an image. */
const BUILT = 'build:latest';
/** What the second stage runs. */
const PROGRAMS = ['sh', 'mkdir', 'chown', 'ln'];

/** The library of the embedded engine: half a gigabyte, which a container that needs it is given as a mount. */
export const ENGINE_PACKAGES = 'node_modules/@chdb';

/**
 * Builds the second stage of `Dockerfile` as it stands, over a base that is imported from this machine: Node and a few
 * programs. What the first stage would have built is this checkout. Some twenty seconds.
 */
export async function buildProduct(docker: TestDocker): Promise<void> {
  const root = path.join(docker.folder, 'rootfs');
  putProgram(root, process.execPath, 'usr/local/bin/node');
  for (const program of PROGRAMS) putProgram(root, which(program), `bin/${program}`);
  for (const folder of ['tmp', 'usr/bin', 'proc', 'sys', 'dev', 'etc'])
    fs.mkdirSync(path.join(root, folder), { recursive: true });
  putProgram(root, '/usr/bin/env', 'usr/bin/env');
  fs.chmodSync(path.join(root, 'tmp'), 0o1777);
  putLibraries(root, libchdbPath());
  for (const folder of packages()) {
    for (const file of fs.readdirSync(path.join(packageRoot(), folder), { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.node') && runsHere(path.join(packageRoot(), folder, file))) {
        putLibraries(root, path.join(packageRoot(), folder, file));
      }
    }
  }
  const PATH = 'ENV PATH=/usr/local/bin:/usr/bin:/bin';
  await importRoot(docker.command, BASE, root, [PATH]);
  fillBuilt(path.join(root, 'src'));
  await importRoot(docker.command, BUILT, root, []);
  const context = fs.mkdtempSync(path.join(docker.folder, 'context-'));
  fs.writeFileSync(path.join(context, 'Dockerfile'), secondStage());
  const [program, ...args] = docker.command;
  execFileSync(
    program,
    [...args, 'build', '--network', 'none', '--build-arg', `BASE=${BASE}`, '-t', PRODUCT, context],
    {
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  fs.rmSync(context, { recursive: true });
}

/** nginx of this machine, as the image of the proxy. */
export async function buildProxy(docker: TestDocker): Promise<void> {
  const root = path.join(docker.folder, 'rootfs');
  putProgram(root, which('nginx'), 'usr/sbin/nginx');
  for (const folder of ['tmp', 'proc', 'sys', 'dev', 'etc/nginx', 'var/log/nginx', 'var/lib/nginx']) {
    fs.mkdirSync(path.join(root, folder), { recursive: true });
  }
  fs.writeFileSync(path.join(root, 'etc/passwd'), 'nginx:x:101:101::/:/bin/false\n');
  fs.writeFileSync(path.join(root, 'etc/group'), 'nginx:x:101:\n');
  await importRoot(docker.command, PROXY, root, ['ENV PATH=/usr/sbin']);
}

/** `ARG BASE` and everything from the second `FROM` on. */
function secondStage(): string {
  const text = fs.readFileSync(path.join(packageRoot(), 'Dockerfile'), 'utf8');
  const stages = text.split(/^(?=FROM )/m);
  if (stages.length !== 3 || !stages[1]!.includes(' AS build\n')) throw new Error('Dockerfile has other stages now');
  return `${stages[0]}${stages[2]}`;
}

/** What the first stage leaves in /src: sources are not taken, nor packages that only development needs. */
function fillBuilt(to: string): void {
  const root = packageRoot();
  for (const name of ['package.json', 'oclif.manifest.json', 'LICENSE', 'README.md', 'bin', 'schema', 'dist']) {
    put(to, path.join(root, name), name);
  }
  for (const folder of packages()) put(to, path.join(root, folder), folder);
}

/** Folders of what the product needs, from the root; a package in a package comes with it. */
function packages(): string[] {
  const root = packageRoot();
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root, encoding: 'utf8' });
  return listed
    .split('\n')
    .map((folder) => path.relative(root, folder))
    .filter((folder) => folder.startsWith('node_modules/') && folder.split('node_modules/').length === 2)
    .filter((folder) => !folder.startsWith(ENGINE_PACKAGES));
}

/** Packages bring the same addon for other platforms, too. */
function runsHere(addon: string): boolean {
  try {
    execFileSync('ldd', [addon], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function which(program: string): string {
  return execFileSync('which', [program], { encoding: 'utf8' }).trim();
}
