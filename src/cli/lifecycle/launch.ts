/**
 * A daemon between its spawn and the moment it is on its own.
 *
 * Always true: the child leads its own session, so nothing typed at this terminal reaches it; its output goes to a file,
 * so it outlives the terminal; until `release` the IPC channel is open and this process holds the child's handle, so its
 * process id cannot be another's. It ends in `release` (the daemon goes on) or `rollBack` (it is gone).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import type { Environment } from '../../config/environment.ts';
import { FLAGS_VARIABLE, type Flags } from '../../config/sources.ts';
import type { Status } from '../../control/protocol.ts';
import type { StartMessage } from '../../control/start-protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';

export interface LaunchOptions {
  /** The daemon's script. */
  readonly program: string;
  readonly home: string;
  readonly env: Environment;
  readonly flags: Flags;
  /** File for stdout and stderr, appended. */
  readonly output: string;
  /** Ends with this process, in whatever way. */
  readonly attached?: boolean;
}

export interface ReadyOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

const OUTPUT_BYTES_MAX = 1024 * 1024;
const TAIL_LINES = 20;
const TAIL_BYTES_MAX = 16 * 1024;
const TERMINATE_MS = 10_000;

export class Launch {
  readonly #child: ChildProcess;
  readonly #output: string;
  /** Where this run's output begins in the file. */
  readonly #outputStart: number;
  readonly #gone: Promise<void>;
  #failure: TrackflowError | undefined;

  constructor({ program, home, env, flags, output, attached = false }: LaunchOptions) {
    rotate(output);
    const file = openOutput(output);
    this.#output = output;
    this.#outputStart = fstatSync(file).size;
    this.#child = spawn(process.execPath, [program, '--home', home, ...(attached ? ['--attached'] : [])], {
      detached: true,
      stdio: ['ignore', file, file, 'ipc'],
      env: { ...env, [FLAGS_VARIABLE]: JSON.stringify(flags) },
    });
    closeSync(file);
    this.#gone = whenGone(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the daemon is ready; rejects with its own error, TF_FAILED when it died, TF_TIMEOUT, or the signal. */
  async ready({ timeoutMs, signal, onProgress }: ReadyOptions): Promise<Status> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const cut = AbortSignal.any([signal, deadline]);
    const { promise, resolve, reject } = Promise.withResolvers<Status>();
    const onMessage = (message: StartMessage): void => {
      if (message.type === 'ready') resolve(message.status);
      if (message.type === 'progress') onProgress(message.message);
      if (message.type === 'failed') this.#failure = revive(message.error);
    };
    const onCut = (): void => reject(signal.aborted ? signal.reason : this.#tooSlow(timeoutMs));
    this.#child.on('message', onMessage);
    cut.addEventListener('abort', onCut, { once: true });
    let waiting = true;
    const gone = this.#gone.then(() => waiting && reject(this.#failure ?? this.#died()));
    gone.catch(reject);
    try {
      signal.throwIfAborted();
      return await promise;
    } finally {
      waiting = false;
      this.#child.off('message', onMessage);
      cut.removeEventListener('abort', onCut);
    }
  }

  /** Lets the daemon go on without this process. */
  release(): void {
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
  }

  /** Ends the daemon: in order if it can, at once if it does not within ten seconds. Returns when it is gone. */
  async rollBack(): Promise<void> {
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), TERMINATE_MS);
    await this.#gone;
    clearTimeout(force);
  }

  #tooSlow(timeoutMs: number): TrackflowError {
    return new TrackflowError('TF_TIMEOUT', `TrackFlow was not ready within ${timeoutMs / 1000} s and was stopped`, {
      hints: ['start again with more time: --timeout 5m', `see what it waited for: ${this.#output}`],
    });
  }

  #died(): TrackflowError {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    const tail = readTail(this.#output, this.#outputStart);
    const message = `the daemon ended ${how} before it was ready${tail === '' ? '' : `; its last words:\n${tail}`}`;
    return new TrackflowError('TF_FAILED', message, {
      hints: [`the whole output: ${this.#output}`, 'trackflow doctor'],
    });
  }
}

/** Resolves when the process has ended and everything it said has arrived. */
async function whenGone(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const silent = new Promise<void>((resolve) => child.once('disconnect', resolve));
  await exited;
  if (child.connected) await silent;
}

function revive(error: Extract<StartMessage, { type: 'failed' }>['error']): TrackflowError {
  return new TrackflowError(error.code, error.message, { hints: error.hints });
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}

/** Crash output is small; a file that grew over many starts makes room, keeping one predecessor. */
function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > OUTPUT_BYTES_MAX) renameSync(path, `${path}.1`);
}

function readTail(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const from = Math.max(start, fstatSync(file).size - TAIL_BYTES_MAX);
    const buffer = Buffer.alloc(TAIL_BYTES_MAX);
    const length = readSync(file, buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, length).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  } finally {
    closeSync(file);
  }
}
