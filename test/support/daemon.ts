import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ControlClient } from '../../src/control/client.ts';
import type { Status } from '../../src/control/protocol.ts';
import { leaksIn } from './secrets.ts';

/**
 * The built daemon in a home of its own, as `trackflow start` would run it: the real thing, end to end.
 *
 *     await using daemon = await startDaemon();
 *     await fetch(`${daemon.url}/v1/events`, …);
 *     await daemon.drained();
 *     const [row] = await daemon.query('SELECT count() AS n FROM events');
 */
export interface DaemonOptions {
  /** Settings by key, as flags would set them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly home?: string;
  /** Command that runs the daemon instead of running it directly: `[program, …arguments]` before node's. */
  readonly wrapper?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Do not wait for the engine. */
  readonly listeningOnly?: boolean;
  /** Folder with `dist/`, `schema/` and `package.json` of another version than the checkout's. */
  readonly packageRoot?: string;
}

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const MAIN = path.join('dist', 'daemon', 'main.js');
const START_MS_MAX = 60_000;
const WAIT_MS_MAX = 60_000;
const POLL_MS = 20;

export class TestDaemon {
  readonly home: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess | null = null;
  #url = '';
  #output = '';

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.home = options.home ?? fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-'));
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Exit code of the process that ran last, null while it runs or when a signal ended it. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  /** What it wrote to stderr, for the message of a failing test. */
  get output(): string {
    return this.#output;
  }

  get control(): ControlClient {
    return new ControlClient(this.home, new AbortController().signal);
  }

  async start(): Promise<this> {
    const [program, ...before] = [...(this.#options.wrapper ?? []), process.execPath];
    const main = path.join(this.#options.packageRoot ?? ROOT, MAIN);
    const child = spawn(program!, [...before, main, '--home', this.home], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...this.#options.environment,
        TRACKFLOW_FLAGS: JSON.stringify({ 'listen.port': 0, 'spool.freeBytesMin': 0, ...this.#options.settings }),
      },
    });
    this.#child = child;
    child.stderr!.on('data', (chunk) => {
      this.#output = (this.#output + chunk).slice(-20_000);
    });
    if (this.#options.listeningOnly)
      await this.until(async () => fs.existsSync(path.join(this.home, 'run/daemon.json')));
    else await this.#heardReady(child);
    const file = fs.readFileSync(path.join(this.home, 'run/daemon.json'), 'utf8');
    this.#url = (JSON.parse(file) as { url: string }).url;
    return this;
  }

  /** Ends the process as a power cut would end it for us: no handler runs. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(this.daemonPid(), signal);
    await exited;
  }

  /** SIGTERM and its exit code. */
  async stop(): Promise<number | null> {
    await this.kill('SIGTERM');
    return this.exitCode;
  }

  /** Waits for an end that comes by itself. */
  async exited(): Promise<number | null> {
    const child = this.#child!;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  /** The daemon's own pid, also below a wrapper. */
  daemonPid(): number {
    if (this.#options.wrapper === undefined) return this.pid;
    return (JSON.parse(fs.readFileSync(path.join(this.home, 'run/daemon.json'), 'utf8')) as { pid: number }).pid;
  }

  async enginePid(): Promise<number> {
    return (await this.status()).engine.pid;
  }

  status(): Promise<Status> {
    return this.control.status();
  }

  /** Rows of a statement, as `trackflow query` runs it. */
  async query<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    const { rows } = await this.control.query(sql);
    return rows as T[];
  }

  post(body: unknown, init: RequestInit & { path?: string } = {}): Promise<Response> {
    const { path: target = '/v1/events', ...rest } = init;
    return fetch(this.#url + target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...rest,
    });
  }

  /** Waits until every accepted event is stored or set aside. */
  async drained(): Promise<Status> {
    let status = await this.status();
    await this.until(async () => {
      status = await this.status();
      return status.spool.rows === 0 && status.engine.state === 'ready';
    });
    return status;
  }

  async until(condition: () => Promise<boolean>, ms = WAIT_MS_MAX): Promise<void> {
    const deadline = Date.now() + ms;
    for (;;) {
      if (await condition().catch(() => false)) return;
      if (Date.now() > deadline) throw new Error(`condition not reached in ${ms} ms\n${this.#output}\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** The last lines of the daemon's log. */
  log(lines = 30): string {
    const folder = path.join(this.home, 'logs');
    const files = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.startsWith('daemon.')) : [];
    const text = files.map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).join('');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    const leaks = leaksIn(this.home);
    if (this.#options.home === undefined) await removeFolder(this.home);
    if (leaks.length > 0) throw new Error(`secrets were written: ${leaks.join(' ')}`);
  }

  #heardReady(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`the daemon did not start: ${why}\n${this.#output}\n${this.log()}`));
      const timer = setTimeout(() => fail('time-out'), START_MS_MAX);
      child.on('message', (message: { type: string; error?: { code: string; message: string } }) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          resolve();
        } else if (message.type === 'failed') {
          clearTimeout(timer);
          fail(`${message.error?.code} ${message.error?.message}`);
        }
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`exit ${code ?? signal}`);
      });
    });
  }
}

export async function startDaemon(options: DaemonOptions = {}): Promise<TestDaemon> {
  const daemon = new TestDaemon(options);
  try {
    return await daemon.start();
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}

/** The engine's process may take a moment to let go of its files after its parent was killed. */
async function removeFolder(folder: string): Promise<void> {
  await fs.promises.rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
}
