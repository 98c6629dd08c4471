/**
 * Whether a ClickHouse answers: its state, who wants to hear of it, who waits for it.
 *
 * Always true: `starting` until the first success, then `ready` or `down`, `stopped` for ever after `stop`. One probe
 * at a time. A single missed ping is not an outage (a busy engine may be late), two in a row are.
 */
import { TrackflowError } from '../errors/error.ts';
import type { EngineState } from './engine.ts';

const PING_INTERVAL_MS = 1_000;
const MISSED_PINGS_MAX = 1;

export interface WatchOptions {
  /** Makes sure the server can be worked with and gives its version. Rejects with why not. */
  readonly admit: () => Promise<string>;
  readonly ping: () => Promise<boolean>;
  /** Pause between attempts while it is not ready. */
  readonly retryMs: number;
  /** What the person should know when it never gets ready. */
  readonly describe: () => string;
}

export class EngineWatch {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<(state: EngineState) => void>();
  #state: EngineState = 'starting';
  #version = '';
  #problem: unknown;
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  get problem(): string {
    return this.#state === 'ready' ? '' : this.#why();
  }

  get version(): string {
    return this.#version;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#probe(), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#set('stopped');
  }

  /** The server is known to be gone, before any ping can tell. */
  lost(problem: unknown): void {
    this.#problem = problem;
    if (this.#state === 'ready') this.#set('down');
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when ready. A TrackflowError of `admit` (too old, not allowed) rejects at once: waiting is no help. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        clearTimeout(deadline);
        clearInterval(poll);
        unsubscribe();
        done();
      };
      const look = () => {
        if (this.#state === 'ready') settle(resolve);
        else if (this.#state === 'stopped') settle(() => reject(this.#failure('was stopped')));
        else if (this.#problem instanceof TrackflowError) settle(() => reject(this.#problem));
      };
      const deadline = setTimeout(
        () => settle(() => reject(this.#failure(`did not get ready within ${timeoutMs} ms`))),
        timeoutMs,
      );
      const poll = setInterval(look, this.#options.retryMs);
      const unsubscribe = this.onState(look);
      look();
    });
  }

  async #probe(): Promise<void> {
    if (this.#state === 'ready') await this.#check();
    else await this.#admit();
    if (this.#state === 'stopped') return;
    const pause = this.#state === 'ready' ? PING_INTERVAL_MS : this.#options.retryMs;
    this.#timer = setTimeout(() => void this.#probe(), pause);
  }

  async #check(): Promise<void> {
    this.#missed = (await this.#options.ping()) ? 0 : this.#missed + 1;
    if (this.#missed <= MISSED_PINGS_MAX || this.#state !== 'ready') return;
    this.#problem = 'it stopped answering';
    this.#set('down');
  }

  async #admit(): Promise<void> {
    try {
      this.#version = await this.#options.admit();
      this.#problem = undefined;
      this.#missed = 0;
      this.#set('ready');
    } catch (problem) {
      // A refused connection says less than the last words of the process that should have been there.
      if (problem instanceof TrackflowError || this.#problem === undefined) this.#problem = problem;
    }
  }

  #set(state: EngineState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #failure(what: string): TrackflowError {
    const why = this.#why() || 'it never answered';
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `${this.#options.describe()} ${what}: ${why}`);
  }

  #why(): string {
    return this.#problem instanceof Error ? this.#problem.message : String(this.#problem ?? '');
  }
}
