import type { StorageReport } from '../../../src/control/storage.ts';
import { ShardClients, type ShardPlace } from '../shard-clients.ts';
import { askStorage } from './question.ts';
import { together } from './together.ts';

const EVERY_MS = 5_000;
const TIMEOUT_MS = 4_000;
const FAILURE_CHARS_MAX = 400;

export interface StorageWatchOptions {
  readonly shards: readonly ShardPlace[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
}

/**
 * What the storage view shows, asked of ClickHouse as the writer: readers may not see system tables.
 *
 * Promises: nothing is asked while nobody watches or the engine or one of its shards is away; otherwise once every five seconds and at once
 * when somebody comes and the last answer is older than that. Always true: one question at a time, given up after
 * `TIMEOUT_MS`; the last answer is kept, with its time, until there is a newer one. The report is the same object as long
 * as it says the same. It holds some dozen rows.
 */
export class StorageWatch {
  readonly #options: StorageWatchOptions;
  readonly #clients: ShardClients;
  readonly #viewsPostgres: boolean;
  readonly #closing = new AbortController();
  #report: StorageReport = { figures: null, failure: '' };
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
    this.#clients = new ShardClients(options.shards);
    this.#viewsPostgres = options.shards.some(({ endpoint }) => endpoint.viewsPostgres);
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
    return this.#clients.close();
  }

  async #ask(): Promise<void> {
    const { now, elapsed } = this.#options;
    const { away } = this.#clients;
    if (this.#asking || this.#closing.signal.aborted) return;
    if (away !== '') return this.#fail(away);
    this.#asking = true;
    const askedAt = now();
    const startedAt = elapsed();
    try {
      const options = { viewsPostgres: this.#viewsPostgres, timeoutMs: TIMEOUT_MS, signal: this.#closing.signal };
      const answers = await this.#clients.ask((client) => askStorage(client, options));
      const answer = together(answers);
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
