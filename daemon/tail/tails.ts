import type { Writable } from 'node:stream';
import { TAIL_SCHEMA, type TailDropped, type TailLine, type TailOpened } from '../../src/control/tail.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import { filtersSchema, parseFilter } from '../../src/query/filters.ts';
import { checkParams } from '../../src/query/question.ts';
import { BYTES_PER_SECOND_MAX, EVENTS_PER_SECOND_MAX, type TailedLines, type TailRequest } from './tap.ts';

/** Tails at once: each costs every collector its filter for every event. */
export const TAILS_MAX = 16;
/** What waits for a viewer who reads slowly; above it lines are dropped and counted. */
export const WAITING_BYTES_MAX = 1024 * 1024;

interface Viewer {
  readonly request: TailRequest;
  readonly out: Writable;
  dropped: number;
}

/**
 * Who tails, on the main thread: tells the collectors, and hands each viewer the lines that they send.
 *
 * Promises: a viewer gets each line whole, or its events in the count of a `dropped` line, which comes as soon as
 * there is room. Always true: no viewer, nothing is copied; one viewer holds at most `WAITING_BYTES_MAX` and one message
 * of a collector. When a viewer goes away its tail ends; when a collector dies its successor is told the same tails.
 */
export class Tails {
  readonly #viewers = new Map<number, Viewer>();
  readonly #tell: (tails: readonly TailRequest[]) => void;
  #nextId = 0;

  /** `tell` is called with all tails whenever they change. */
  constructor(tell: (tails: readonly TailRequest[]) => void) {
    this.#tell = tell;
  }

  get requests(): readonly TailRequest[] {
    return [...this.#viewers.values()].map(({ request }) => request);
  }

  /**
   * Begins a tail into `out`, which ends with `out`. Throws TF_INPUT for a filter that is wrong and TF_BUSY when too
   * many tails run; `out` is untouched then. `begin` is called just before the first line.
   */
  open(filters: readonly string[], out: Writable, begin: () => void): void {
    const parsed = checkParams(filtersSchema, filters.map(parseFilter));
    if (this.#viewers.size >= TAILS_MAX) {
      throw new TrackflowError('TF_BUSY', `${TAILS_MAX} tails run already`, { hints: ['end one of them'] });
    }
    const id = this.#nextId++;
    this.#viewers.set(id, { request: { id, filters: parsed }, out, dropped: 0 });
    out.once('close', () => this.#end(id));
    out.on('drain', () => this.#tellDropped(id));
    // A viewer that is killed breaks the pipe; `close` follows.
    out.on('error', () => {});
    begin();
    out.write(lineOf(opened(filters)));
    this.#announce();
  }

  /** Takes what a collector sent. */
  take(tailed: readonly TailedLines[]): void {
    for (const { id, text, events, dropped } of tailed) {
      const viewer = this.#viewers.get(id);
      if (viewer === undefined) continue;
      viewer.dropped += dropped;
      if (viewer.out.writableLength > WAITING_BYTES_MAX) viewer.dropped += events;
      else if (text !== '') viewer.out.write(text);
      this.#tellDropped(id);
    }
  }

  #tellDropped(id: number): void {
    const viewer = this.#viewers.get(id);
    if (viewer === undefined || viewer.dropped === 0 || viewer.out.writableLength > WAITING_BYTES_MAX) return;
    viewer.out.write(lineOf({ type: 'dropped', count: viewer.dropped } satisfies TailDropped));
    viewer.dropped = 0;
  }

  #end(id: number): void {
    if (this.#viewers.delete(id)) this.#announce();
  }

  #announce(): void {
    this.#tell(this.requests);
  }
}

function opened(filters: readonly string[]): TailOpened {
  const limits = { eventsPerSecondMax: EVENTS_PER_SECOND_MAX, bytesPerSecondMax: BYTES_PER_SECOND_MAX };
  return { type: 'tail', schema: TAIL_SCHEMA, filters, limits };
}

function lineOf(line: TailLine): string {
  return `${JSON.stringify(line)}\n`;
}
