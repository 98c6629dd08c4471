import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { errnoOf } from '../../../errors/file-error.ts';
import { type Check, type Finding, fail, NO_CONFIG, type Patient, pass, skip, warn } from '../check.ts';
import { docker } from './docker.ts';

/** Sockets of clients, segments, parts of the engine: below this a busy day ends in EMFILE. */
const OPEN_FILES_MIN = 4_096;
const LIBRARY_TIMEOUT_MS = 20_000;

/** What the machine has to offer. */
export const MACHINE_CHECKS: readonly Check[] = [
  { id: 'node', look: () => pass(`Node ${process.versions.node} on ${process.platform}-${process.arch}`) },
  { id: 'open-files', look: openFiles },
  { id: 'engine-library', look: engineLibrary },
  { id: 'port', look: port },
  { id: 'docker', look: docker },
];

/** Of the daemon where it runs, else of what this shell would start. */
function openFiles({ status }: Patient): Finding {
  const pid = status.running?.pid ?? 'self';
  const limit = readOpenFilesLimit(pid);
  if (limit === undefined) return skip('this system does not show the limit of open files');
  const used = status.running === undefined ? '' : `${countOpenFiles(pid)} of `;
  const seen = `${used}${limit} open files allowed`;
  if (limit >= OPEN_FILES_MIN) return pass(seen);
  return warn(`${seen}, ${OPEN_FILES_MIN} are wanted`, `ulimit -n ${OPEN_FILES_MIN}, then trackflow restart`);
}

function countOpenFiles(pid: number | 'self'): number | string {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 'unknown';
  }
}

function readOpenFilesLimit(pid: number | 'self'): number | undefined {
  try {
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
    return found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found);
  } catch {
    return undefined;
  }
}

/** Loads the library in a process of its own: a broken one ends that process, not this. */
async function engineLibrary({ config }: Patient): Promise<Finding> {
  if (config instanceof Error) return NO_CONFIG;
  if (config.config.engine.kind !== 'embedded') return skip(`engine.kind is ${config.config.engine.kind}`);
  const { locateLibrary } = await import('../../../engine/embedded.ts');
  const library = locateLibrary();
  const entry = new URL(`../../../engine/engine-process${extname(import.meta.url)}`, import.meta.url);
  try {
    await promisify(execFile)(process.execPath, [fileURLToPath(entry), library, '--query', 'SELECT 1'], {
      timeout: LIBRARY_TIMEOUT_MS,
      cwd: tmpdir(),
    });
    return pass(`${library} loads`);
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    const lastWords = (stderr.trim() || message).split('\n').slice(-3).join(' ');
    return fail(`${library} does not load: ${lastWords}`, 'install again (npm ci), or use --engine url');
  }
}

async function port({ config, status }: Patient): Promise<Finding> {
  if (status.running !== undefined) return pass(`the daemon listens on ${status.running.url}`);
  if (config instanceof Error) return NO_CONFIG;
  const { host, port: wanted } = config.config.listen;
  if (wanted === 0) return pass('a free port is chosen at the start');
  const errno = await tryListen(host, wanted);
  if (errno === '') return pass(`${host}:${wanted} is free`);
  return fail(`cannot listen on ${host}:${wanted}: ${errno}`, 'trackflow start --port 0 chooses a free one');
}

/** The errno name of a failed listen; empty when it worked. The port is free again afterwards. */
function tryListen(host: string, wanted: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (cause) => resolve(errnoOf(cause) || cause.message));
    server.listen({ host, port: wanted, exclusive: true }, () => server.close(() => resolve('')));
  });
}
