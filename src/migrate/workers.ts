/**
 * Readers that work side by side, and what they do when a side fails.
 *
 * Promises: work that fails for a passing reason is done again, by a new reader where the old one is broken, up to
 * `FAILURES_MAX` times in a row with growing pauses; then, or when the reason is for good, all workers end and that is
 * thrown. Always true: a worker holds one reader, closed when it ends.
 */
import { isPassing } from './passing.ts';
import type { Source, SourceReader, Target } from './sides.ts';

export const FAILURES_MAX = 8;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export interface WorkerParts {
  readonly source: Source;
  readonly target: Target;
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly onRetry: (error: unknown) => void;
}

/** A piece of work; called again with `repeated` when it failed. */
export type Work = (reader: SourceReader, repeated: boolean) => Promise<void>;

/** Runs what `next` gives on `parallel` readers until it gives null. `next` is never called twice at once. */
export async function runWorkers(
  parts: WorkerParts,
  next: (reader: SourceReader) => Promise<Work | null>,
): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.signal, ended.signal]);
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = (reader: SourceReader) => {
    const mine = turn.then(() => next(reader));
    turn = mine.catch(() => {});
    return mine;
  };
  const worker = async () => {
    const seat = new Seat(parts.source);
    try {
      for (;;) {
        const work = await persistently(parts, seat, signal, inTurn);
        if (work === null) return;
        await persistently(parts, seat, signal, work);
      }
    } catch (error) {
      ended.abort(error);
      throw error;
    } finally {
      await seat.leave();
    }
  };
  const results = await Promise.allSettled(Array.from({ length: parts.parallel }, worker));
  parts.signal.throwIfAborted();
  // The first failure is the reason; others may only say that they were ended.
  if (ended.signal.aborted) throw ended.signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** A worker's reader, replaced when it is broken. */
class Seat {
  readonly #source: Source;
  #reader: SourceReader | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  async reader(): Promise<SourceReader> {
    if (this.#reader?.broken || this.#reader?.current === false) await this.leave();
    this.#reader ??= await this.#source.open();
    return this.#reader;
  }

  async leave(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    await reader?.close();
  }
}

async function persistently<T>(
  parts: WorkerParts,
  seat: Seat,
  signal: AbortSignal,
  work: (reader: SourceReader, repeated: boolean) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    try {
      return await work(await seat.reader(), failures > 0);
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      // A transaction in which something failed answers nothing any more.
      await seat.leave();
      if (!isPassing(error) || failures >= FAILURES_MAX) throw error;
      parts.onRetry(error);
      await pause(Math.min(PAUSE_MS_MIN * 2 ** failures, PAUSE_MS_MAX), signal);
      await parts.target.ready();
    }
  }
}

/** Waits so long, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
