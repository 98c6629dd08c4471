import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import type { TableName } from '../../src/event/tables.ts';
import type { HeldMonths, HoldLimits } from '../flush/hold.ts';
import type { DeadLetterRow } from '../state/spool-state.ts';
import type {
  DeadLetterOperation,
  FromSpool,
  LaneFigures,
  LanePorts,
  LogMessage,
  SpoolThreadData,
  TableTotals,
  ToSpool,
} from './messages.ts';

export type SpoolOpened = Readonly<Record<TableName, TableTotals>>;

export interface DeadLetterAnswer {
  readonly letters: readonly DeadLetterRow[];
  readonly changed: number;
}

/** Batches that are kept from the engine until `release`, or until the limit of the hold is over. */
export interface Hold {
  release(): void;
  /** Lets it last for `holdMs` from now on. False: it was over already. */
  extend(holdMs: number): Promise<boolean>;
}

/** How long a stop may take beyond the deadline it was given, before the thread is ended. */
const STOP_GRACE_MS = 5_000;

/**
 * The main thread's end of the spool thread. When that thread ends without being asked to, `onDeath` is called: the daemon
 * cannot go on without it.
 */
export class SpoolHandle {
  /** The latest error of a flush, empty when the last one went well. */
  lastFlushError = '';
  /** What waits in each lane; empty where every table has one. */
  lanes: readonly LaneFigures[] = [];
  readonly #worker: Worker;
  readonly #asked = new Map<number, { resolve: (answer: DeadLetterAnswer) => void; reject: (error: Error) => void }>();
  readonly #holds = new Map<number, (granted: boolean) => void>();
  #nextId = 0;
  #stopping = false;
  #opened: (opened: SpoolOpened) => void = () => {};

  constructor(data: SpoolThreadData, onLog: (message: LogMessage) => void, onDeath: (error: string) => void) {
    this.#worker = new Worker(new URL(`./spool-thread${EXTENSION}`, import.meta.url), { workerData: data });
    this.#worker.on('message', (message: FromSpool) => {
      if (message.type === 'log') onLog(message);
      else if (message.type === 'fatal') onDeath(message.error);
      else this.#heard(message);
    });
    this.#worker.on('error', (error) => onDeath(String(error.stack ?? error)));
    this.#worker.on('exit', (code) => {
      if (!this.#stopping) onDeath(`the spool thread ended with code ${code}`);
    });
  }

  /** Resolves when recovery is done. */
  opened(): Promise<SpoolOpened> {
    return new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  addCollector(lanes: LanePorts): void {
    this.#worker.postMessage({ type: 'collector', lanes } satisfies ToSpool, Object.values(lanes));
  }

  /** `shard`: its index. */
  setEngine(shard: number, endpoint: Endpoint | null): void {
    this.#worker.postMessage({ type: 'engine', shard, endpoint } satisfies ToSpool);
  }

  seal(): void {
    this.#worker.postMessage({ type: 'seal' } satisfies ToSpool);
  }

  deadLetters(operation: DeadLetterOperation): Promise<DeadLetterAnswer> {
    const id = this.#nextId++;
    this.#worker.postMessage({ type: 'deadletters', id, operation } satisfies ToSpool);
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** Keeps batches of these months from the engine. Null: one of them stayed in flight, or `signal` ended the wait. */
  async hold(months: HeldMonths, limits: HoldLimits, signal: AbortSignal): Promise<Hold | null> {
    const id = this.#nextId++;
    const release = () => this.#worker.postMessage({ type: 'release', id } satisfies ToSpool);
    signal.addEventListener('abort', release, { once: true });
    const granted = await this.#askHold({ type: 'hold', id, months, ...limits });
    signal.removeEventListener('abort', release);
    return granted ? { release, extend: (holdMs) => this.#askHold({ type: 'extend', id, holdMs }) } : null;
  }

  #askHold(message: Extract<ToSpool, { type: 'hold' | 'extend' }>): Promise<boolean> {
    this.#worker.postMessage(message);
    return new Promise((resolve) => this.#holds.set(message.id, resolve));
  }

  /** Flushes within the deadline and ends the thread. What is left is on disk. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage({ type: 'stop', deadlineMs } satisfies ToSpool);
    const timer = setTimeout(() => void this.#worker.terminate(), deadlineMs + STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  }

  #heard(message: Exclude<FromSpool, { type: 'log' | 'fatal' }>): void {
    if (message.type === 'opened') this.#opened(message.tables);
    else if (message.type === 'held') {
      this.#holds.get(message.id)?.(message.granted);
      this.#holds.delete(message.id);
    } else if (message.type === 'flush') this.lastFlushError = message.lastError;
    else if (message.type === 'lanes') this.lanes = message.lanes;
    else if (message.type === 'deadletters') {
      const asked = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if ('error' in message) asked?.reject(new Error(message.error));
      else asked?.resolve(message);
    }
  }
}

/** Threads start from the file beside this one: `.ts` under the type-stripping runner, `.js` when built. */
export const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
