/**
 * What the daemon says of itself while it is under load, from its control stream.
 *
 * Promises: a daemon that is killed and comes back is found within `BACKOFF_MS_MAX`; what its rings kept meanwhile is
 * read from them. Always true: at most one connection, at most `SECONDS_MAX` seconds. When it is full the oldest
 * seconds go. When the daemon stays away the seconds are missing, and nothing else fails.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLine } from '../../control/stream.ts';
import { SecondReader, type ServerSecond } from './server-second.ts';

export type StreamSource = (signal: AbortSignal) => AsyncIterable<StreamLine>;

/** Six hours: 3 MB. */
const SECONDS_MAX = 21_600;
/** Seconds before the run that are kept: what the table weighed when it began. */
const BEFORE_SECONDS_MAX = 30;
const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 2_000;
/** A connection that says nothing for this long is given up. */
const SILENT_MS_MAX = 5_000;

export class ServerObserver {
  readonly #source: StreamSource;
  readonly #reader: SecondReader;
  readonly #seconds = new Map<number, ServerSecond>();
  #latest: ServerSecond | null = null;
  #failure = '';

  /** `startedAt` as in the plan; `source` is `ControlClient.stream`. */
  constructor({ source, startedAt }: { readonly source: StreamSource; readonly startedAt: number }) {
    this.#source = source;
    this.#reader = new SecondReader(startedAt);
  }

  /** The newest second that the daemon told; null before the first. */
  get latest(): ServerSecond | null {
    return this.#latest;
  }

  /** Why the stream broke off last; empty while it has not. */
  get failure(): string {
    return this.#failure;
  }

  /** Second `second` since the start of the run, null when the daemon did not tell. Seconds before the run are negative. */
  at(second: number): ServerSecond | null {
    return this.#seconds.get(second) ?? null;
  }

  /** The seconds from `from` to before `to` that the daemon told, oldest first. */
  between(from: number, to: number): ServerSecond[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.at(from + index)).filter(
      (second) => second !== null,
    );
  }

  /** Reads until `signal` aborts, over every end of the daemon. */
  async run(signal: AbortSignal): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN;
    while (!signal.aborted) {
      const connection = new AbortController();
      const silence = setTimeout(() => connection.abort(new Error('the stream fell silent')), SILENT_MS_MAX);
      try {
        for await (const line of this.#source(AbortSignal.any([signal, connection.signal]))) {
          silence.refresh();
          backoffMs = BACKOFF_MS_MIN;
          for (const second of this.#reader.read(line)) this.#keep(second);
        }
        this.#failure = 'the daemon ended the stream';
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error);
      } finally {
        clearTimeout(silence);
      }
      await sleep(backoffMs, undefined, { signal }).catch(() => {});
      backoffMs = Math.min(BACKOFF_MS_MAX, backoffMs * 2);
    }
  }

  #keep(second: ServerSecond): void {
    if (second.second < -BEFORE_SECONDS_MAX) return;
    this.#seconds.set(second.second, second);
    if (this.#latest === null || second.second >= this.#latest.second) this.#latest = second;
    for (const oldest of this.#seconds.keys()) {
      if (this.#seconds.size <= SECONDS_MAX) return;
      this.#seconds.delete(oldest);
    }
  }
}
