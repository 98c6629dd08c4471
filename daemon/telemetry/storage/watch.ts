import { type ClickHouse, openClickHouse } from '../../../src/clickhouse/client.ts';
import type { Endpoint } from '../../../src/clickhouse/endpoint.ts';
import type { StorageReport } from '../../../src/control/storage.ts';
import { askStorage } from './question.ts';

const EVERY_MS = 5_000;
const TIMEOUT_MS = 4_000;
const FAILURE_CHARS_MAX = 400;

export interface StorageWatchOptions {
  readonly endpoint: Endpoint;
  /** `ready` when the engine answers, else what it is instead. */
  readonly engineState: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
}

/**
 * What the storage view shows, asked of ClickHouse as the writer: readers may not see system tables.
 *
 * Promises: nothing is asked while nobody watches or the engine is away; otherwise once every five seconds and at once
 * when somebody comes and the last answer is older than that. Always true: one question at a time, given up after
 * `TIMEOUT_MS`; the last answer is kept, with its time, until there is a newer one. The report is the same object as long
 * as it says the same. It holds some dozen rows.
 */
export class StorageWatch {
  readonly #options: StorageWatchOptions;
  readonly #client: ClickHouse;
  readonly #closing = new AbortController();
  #report: StorageReport = { figures: null, failure: '' };
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
    this.#client = openClickHouse(options.endpoint, 'writer');
  }

  get report(): StorageReport {
    return this.#report;
  }

  /** Begins to ask, or ends it. */
  watch(watched: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!watched || this.#closing.signal.aborted) return;
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
    this.#timer.unref();
    const askedAt = this.#report.figures?.askedAt ?? Number.NEGATIVE_INFINITY;
    if (this.#report.failure !== '' || this.#options.now() - askedAt >= EVERY_MS) void this.#ask();
  }

  /** The engine has changed its state: asks at once where somebody watches. */
  refresh(): void {
    if (this.#timer !== undefined) void this.#ask();
  }

  close(): Promise<void> {
    this.watch(false);
    this.#closing.abort();
    return this.#client.close();
  }

  async #ask(): Promise<void> {
    const { engineState, now, elapsed } = this.#options;
    if (this.#asking || this.#closing.signal.aborted) return;
    if (engineState() !== 'ready') return this.#fail(`the engine is ${engineState()}`);
    this.#asking = true;
    const askedAt = now();
    const startedAt = elapsed();
    try {
      const answer = await askStorage(this.#client, TIMEOUT_MS, this.#closing.signal);
      const tookMs = Math.round((elapsed() - startedAt) * 10) / 10;
      this.#report = { figures: { askedAt, tookMs, ...answer }, failure: '' };
    } catch (error) {
      this.#fail((error instanceof Error ? error.message : String(error)).slice(0, FAILURE_CHARS_MAX));
    } finally {
      this.#asking = false;
    }
  }

  #fail(failure: string): void {
    if (failure !== this.#report.failure) this.#report = { ...this.#report, failure };
  }
}
