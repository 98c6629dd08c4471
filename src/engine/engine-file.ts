import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { TrackflowError } from '../errors/error.ts';
import { errnoOf, fileError } from '../errors/file-error.ts';
import { freePort, portIsFree } from './ports.ts';

/** What an engine that we run keeps from its first start on. Kept in `run/engine.json`, mode 0600. */
export interface EngineFile {
  readonly httpPort: number;
  readonly tcpPort: number;
  readonly writerPassword: string;
  readonly readerPassword: string;
  /** Id in the names and labels of containers; there once one was wanted. */
  readonly instance?: string;
  /** Image of the container that worked last. */
  readonly image?: string;
}

/** An engine whose daemon was killed lets go of its ports within moments; only a stranger keeps them longer. */
const PORT_WAIT_MS = 3_000;
const PORT_POLL_MS = 50;
const SECRET_FILE_MODE = 0o600;

/**
 * The kept ports and passwords of `path`, made up at the first start. A port that somebody else holds is replaced, and
 * `onMoved` told. Throws what the file system throws, and SyntaxError for a file that is not ours.
 */
export async function loadEngineFile(
  path: string,
  onMoved: (kept: number, chosen: number) => void,
): Promise<EngineFile> {
  return changeEngineFile(path, (kept) => withFreePorts(kept, onMoved));
}

/** The same with every port replaced that somebody still holds after `waitMs`. */
export async function withFreePorts(
  kept: EngineFile,
  onMoved: (kept: number, chosen: number) => void,
  waitMs = PORT_WAIT_MS,
): Promise<EngineFile> {
  const httpPort = await keepOrReplace(kept.httpPort, onMoved, waitMs);
  const tcpPort = await keepOrReplace(kept.tcpPort, onMoved, waitMs);
  return { ...kept, httpPort, tcpPort };
}

/** Keeps what `change` makes of what is kept, or of what is made up where nothing is. Throws like `loadEngineFile`. */
export async function changeEngineFile(
  path: string,
  change: (kept: EngineFile) => EngineFile | Promise<EngineFile>,
): Promise<EngineFile> {
  const current = await change(readEngineFile(path) ?? (await inventEngineFile()));
  writeSecret(path, `${JSON.stringify(current, null, 2)}\n`);
  return current;
}

/**
 * Makes `path` a copy of `origin` with ports of its own, for a second engine of the same home; what is there already
 * stays. Throws like `loadEngineFile`.
 */
export async function forkEngineFile(origin: string, path: string): Promise<void> {
  if (readEngineFile(path) !== null) return;
  await changeEngineFile(path, ({ httpPort, tcpPort, ...made }) => ({
    ...made,
    ...readEngineFile(origin),
    httpPort,
    tcpPort,
  }));
}

/** What reading or writing `path` threw, as the error to tell. */
export function engineFileError(cause: unknown, path: string): TrackflowError {
  if (!(cause instanceof SyntaxError)) return fileError(cause, 'write', path);
  return new TrackflowError('TF_IO', `${path} holds no JSON: it was damaged or is not ours`, {
    hints: [`delete ${path}; ports and passwords of the engine are chosen anew`],
  });
}

/** Replaces the file in one step; never readable by others, not even for a moment. */
export function writeSecret(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, text, { mode: SECRET_FILE_MODE });
  renameSync(fresh, path);
}

/** What is kept; null before the first start. Throws what the file system throws, and SyntaxError. */
export function readEngineFile(path: string): EngineFile | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EngineFile;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw cause;
  }
}

async function inventEngineFile(): Promise<EngineFile> {
  return {
    httpPort: await freePort(),
    tcpPort: await freePort(),
    writerPassword: randomBytes(32).toString('hex'),
    readerPassword: randomBytes(32).toString('hex'),
  };
}

async function keepOrReplace(
  port: number,
  onMoved: (kept: number, chosen: number) => void,
  waitMs: number,
): Promise<number> {
  for (let waited = 0; waited <= waitMs; waited += PORT_POLL_MS) {
    if (await portIsFree(port)) return port;
    await new Promise((resolve) => setTimeout(resolve, PORT_POLL_MS));
  }
  const chosen = await freePort();
  onMoved(port, chosen);
  return chosen;
}
