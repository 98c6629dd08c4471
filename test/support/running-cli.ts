import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { quietEnvironment } from './cli.ts';
import { until } from './until.ts';

const WAIT_MS = 20_000;

/** A command that goes on until it is ended, and what it has printed so far. */
export class RunningCli implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(args: readonly string[]) {
    const program = join(packageRoot(), 'bin', 'trackflow.js');
    const child = spawn(process.execPath, [program, ...args], {
      env: quietEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Complete lines of stdout. */
  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  /** Waits until its output fits; the message of a failure has all of it. */
  async until(fits: (cli: RunningCli) => boolean): Promise<void> {
    await until(() => fits(this), WAIT_MS).catch((error) => {
      throw new Error(`${error.message}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
    });
  }

  /** Sends a signal and returns the exit code. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end('SIGKILL');
  }
}
