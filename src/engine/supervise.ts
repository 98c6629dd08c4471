/**
 * One child process that is kept running.
 *
 * Promises: while open, a child that ends is started again after 0.2 s, doubling to 10 s, back to 0.2 s once one was
 * healthy for a minute. Always true: at most one child at a time. `close` closes its standard input, which it takes as
 * the order to end, and kills it at the deadline; a supervisor that dies has the same effect, the pipe closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';

const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 10_000;
const HEALTHY_MS = 60_000;
/** Last words of a child that are kept for its obituary. */
const OUTPUT_BYTES_KEPT = 4_096;

export interface SupervisorOptions {
  /** Program and arguments after node itself. */
  readonly args: readonly string[];
  /** The child's environment; that of this process unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds, monotonic enough to measure health. */
  readonly now: () => number;
  /** A child ended that should not have. `output` is the tail of what it wrote. */
  readonly onDeath: (death: Death) => void;
  /** The next child is there. */
  readonly onRestart: () => void;
}

export interface Death {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly restartInMs: number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #child: ChildProcess | null = null;
  #output = '';
  #failures = 0;
  #healthySince = Number.NaN;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** 0 while no child runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): void {
    // Detached: its own process group, so that a signal from the terminal reaches the parent alone.
    const { args, env } = this.#options;
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      ...(env !== undefined && { env }),
    });
    this.#child = child;
    this.#output = '';
    this.#healthySince = Number.NaN;
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_BYTES_KEPT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    // A child that is already gone breaks the pipe; its end is reported by 'close'.
    child.stdin?.on('error', () => {});
    child.once('error', (error) => this.#ended(child, null, null, error.message));
    child.once('close', (code, signal) => this.#ended(child, code, signal, this.#output));
  }

  /** The child answers: from now on its health is timed. */
  healthy(): void {
    if (Number.isNaN(this.#healthySince)) this.#healthySince = this.#options.now();
  }

  /** Idempotent. Resolves when no child is left. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#stop(timeoutMs);
    return this.#closing;
  }

  async #stop(timeoutMs: number): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin?.end();
    const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    await gone;
    clearTimeout(deadline);
  }

  #ended(child: ChildProcess, code: number | null, signal: string | null, output: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    if (this.#closing !== undefined) return;
    const wasHealthy = this.#options.now() - this.#healthySince >= HEALTHY_MS;
    this.#failures = wasHealthy ? 0 : this.#failures;
    const restartInMs = Math.min(BACKOFF_MS_MIN * 2 ** this.#failures, BACKOFF_MS_MAX);
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.start();
      this.#options.onRestart();
    }, restartInMs);
    this.#options.onDeath({ code, signal, output: output.trim(), restartInMs });
  }
}
