/**
 * Keeps the store fed from a source that may break: connects, watches for silence, reconnects.
 *
 * Promises: the store is told of every change of the connection, and each second how old its figures are; a daemon that
 * comes back is found within `BACKOFF_MS_MAX`. Always true: at most one connection. When the signal aborts, `run` ends
 * and nothing is left open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLine } from '../../control/stream.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { DashStore } from './store.ts';

export type Source = (signal: AbortSignal) => AsyncIterable<StreamLine>;

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 8_000;
const STALE_AFTER_MS = 2_500;
/** A connection that says nothing for this long is given up. */
const SILENT_MS_MAX = 15_000;
const WATCH_MS = 1_000;
const BEAT_MS = 500;

export interface FeedOptions {
  readonly store: DashStore;
  readonly source: Source;
  readonly now: () => number;
}

/** Resolves when `signal` aborts. */
export async function runFeed({ store, source, now }: FeedOptions, signal: AbortSignal): Promise<void> {
  const hearing = new Hearing(store, now);
  try {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const connection = new AbortController();
      let failure: unknown = new Error('the daemon ended the stream');
      hearing.listen(() => connection.abort());
      try {
        for await (const line of source(AbortSignal.any([signal, connection.signal]))) {
          attempt = 0;
          hearing.heard();
          store.receive(line);
        }
      } catch (thrown) {
        failure = thrown;
      }
      if (signal.aborted) return;
      hearing.lost(failure, attempt + 1);
      const backoff = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt, 10));
      await sleep(backoff, undefined, { signal }).catch(() => {});
    }
  } finally {
    hearing.close();
  }
}

/** When the daemon was last heard, and what that says of the connection. */
class Hearing {
  readonly #store: DashStore;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #beat: NodeJS.Timeout | undefined;
  /** Over all connections; 0 before the first word. */
  #heardAt = 0;
  /** Of the present connection; null while it has said nothing. */
  #silentSince: number | null = null;
  #giveUp: () => void = () => {};

  constructor(store: DashStore, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#timer = setInterval(() => this.#watch(), WATCH_MS);
  }

  /** A new connection; `giveUp` ends it. */
  listen(giveUp: () => void): void {
    this.#silentSince = null;
    this.#giveUp = giveUp;
  }

  heard(): void {
    this.#heardAt = this.#now();
    this.#silentSince = this.#heardAt;
    clearTimeout(this.#beat);
    if (this.#store.wantsBeats) this.#beat = setTimeout(() => this.#store.beat(BEAT_MS), BEAT_MS);
  }

  lost(failure: unknown, attempt: number): void {
    clearTimeout(this.#beat);
    this.#store.setConnection(connectionAfter(failure, attempt), this.#silentMs());
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#beat);
  }

  #watch(): void {
    const { connection } = this.#store.getSnapshot();
    const silentMs = this.#silentMs();
    if (connection.kind === 'reconnecting' || connection.kind === 'not-running') {
      if (this.#heardAt > 0) this.#store.setConnection(connection, silentMs);
    } else if (this.#silentSince !== null && silentMs > SILENT_MS_MAX) this.#giveUp();
    else if (this.#silentSince !== null && silentMs > STALE_AFTER_MS)
      this.#store.setConnection({ kind: 'stale', seconds: Math.floor(silentMs / 1_000) }, silentMs);
  }

  #silentMs(): number {
    return this.#heardAt === 0 ? 0 : Math.max(0, this.#now() - this.#heardAt);
  }
}

function connectionAfter(failure: unknown, attempt: number) {
  if (failure instanceof TrackflowError && failure.code === 'TF_NOT_RUNNING') return { kind: 'not-running' } as const;
  return { kind: 'reconnecting', attempt, why: failure instanceof Error ? failure.message : String(failure) } as const;
}
