/**
 * Keeps the store fed from a source that may break: connects, watches for silence, reconnects.
 *
 * Promises: the store is told of every change of the connection; a daemon that comes back is found within
 * `BACKOFF_MS_MAX`. Always true: at most one connection. When the signal aborts, `run` ends and nothing is left open.
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

export interface FeedOptions {
  readonly store: DashStore;
  readonly source: Source;
  readonly now: () => number;
}

/** Resolves when `signal` aborts. */
export async function runFeed({ store, source, now }: FeedOptions, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const connection = new AbortController();
    const silence = watchSilence(store, now, () => connection.abort());
    let failure: unknown = new Error('the daemon ended the stream');
    try {
      for await (const line of source(AbortSignal.any([signal, connection.signal]))) {
        attempt = 0;
        silence.heard();
        store.receive(line);
      }
    } catch (thrown) {
      failure = thrown;
    } finally {
      silence.stop();
    }
    if (signal.aborted) return;
    store.setConnection(connectionAfter(failure, attempt + 1));
    const backoff = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt, 10));
    await sleep(backoff, undefined, { signal }).catch(() => {});
  }
}

function connectionAfter(failure: unknown, attempt: number) {
  if (failure instanceof TrackflowError && failure.code === 'TF_NOT_RUNNING') return { kind: 'not-running' } as const;
  return { kind: 'reconnecting', attempt, why: failure instanceof Error ? failure.message : String(failure) } as const;
}

function watchSilence(store: DashStore, now: () => number, giveUp: () => void) {
  let heardAt = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    const silentMs = now() - heardAt;
    if (silentMs > SILENT_MS_MAX) giveUp();
    else if (silentMs > STALE_AFTER_MS) store.setConnection({ kind: 'stale', seconds: Math.floor(silentMs / 1_000) });
  }, WATCH_MS);
  return {
    heard: () => {
      heardAt = now();
    },
    stop: () => clearInterval(timer),
  };
}
