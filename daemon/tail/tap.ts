import type { Event } from '../../src/event/event.ts';
import type { Filter } from '../../src/query/filters.ts';
import type { CommitOutcome, EventSink } from '../receive/sink.ts';
import { eventLine } from './line.ts';
import { compilePredicate, type Predicate } from './predicate.ts';

/** Events and bytes of one tail that leave this thread within one second; what is above is counted. */
export const EVENTS_PER_SECOND_MAX = 1_000;
export const BYTES_PER_SECOND_MAX = 4 * 1024 * 1024;
/** How long lines are gathered before they are sent: a person sees no delay, and main gets few messages. */
const GATHER_MS = 50;
const SECOND_MS = 1_000;

/** One `trackflow tail`, by number; what main tells the collectors. */
export interface TailRequest {
  readonly id: number;
  readonly filters: readonly Filter[];
}

/** What one collector has for one tail. */
export interface TailedLines {
  readonly id: number;
  /** NDJSON, complete lines; empty when only `dropped` is told. */
  readonly text: string;
  readonly events: number;
  /** Events that passed the filter and were left out for the limits. */
  readonly dropped: number;
}

interface Tail {
  readonly id: number;
  readonly holds: Predicate;
  lines: string[];
  dropped: number;
  /** Of the second that began at `secondAt`. */
  secondAt: number;
  events: number;
  bytes: number;
}

export interface TapOptions {
  readonly sink: EventSink;
  readonly send: (tailed: readonly TailedLines[]) => void;
  readonly now: () => number;
}

/**
 * Stands before the spool in a collector and copies accepted events for whoever tails.
 *
 * Promises: an event is copied after its commit was confirmed, once, and not when it was a duplicate; no answer waits
 * for a copy. Always true: without a tail a commit costs one comparison; with one, at most `EVENTS_PER_SECOND_MAX` and
 * `BYTES_PER_SECOND_MAX` a second leave for it, and every event above them is in `dropped`. A tail that begins while a
 * commit is under way sees its events. When the thread dies, what was gathered and not sent is gone: it was a copy.
 */
export class Tap implements EventSink {
  readonly #options: TapOptions;
  #tails: readonly Tail[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TapOptions) {
    this.#options = options;
  }

  /** The tails from now on. One that goes on keeps what it has gathered. */
  use(requests: readonly TailRequest[]): void {
    const now = this.#options.now();
    this.#tails = requests.map(
      ({ id, filters }) =>
        this.#tails.find((tail) => tail.id === id) ?? {
          id,
          holds: compilePredicate(filters),
          lines: [],
          dropped: 0,
          secondAt: now,
          events: 0,
          bytes: 0,
        },
    );
  }

  commit(events: readonly Event[]): Promise<CommitOutcome> {
    const committed = this.#options.sink.commit(events);
    if (this.#tails.length > 0) void this.#copyAfter(committed, events);
    return committed;
  }

  /** Sends what is gathered. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const tailed: TailedLines[] = [];
    for (const tail of this.#tails) {
      if (tail.lines.length === 0 && tail.dropped === 0) continue;
      tailed.push({ id: tail.id, text: tail.lines.join(''), events: tail.lines.length, dropped: tail.dropped });
      tail.lines = [];
      tail.dropped = 0;
    }
    if (tailed.length > 0) this.#options.send(tailed);
  }

  async #copyAfter(committed: Promise<CommitOutcome>, events: readonly Event[]): Promise<void> {
    const outcome = await committed;
    if (!outcome.ok) return;
    // Behind the answers that this commit sets free.
    setImmediate(() => {
      const repeated = outcome.repeated;
      for (const tail of this.#tails) {
        for (let index = 0; index < events.length; index++) {
          if (repeated?.includes(index) !== true) this.#offer(tail, events[index]!);
        }
      }
      this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
    });
  }

  #offer(tail: Tail, event: Event): void {
    if (!tail.holds(event)) return;
    const now = this.#options.now();
    if (Math.abs(now - tail.secondAt) >= SECOND_MS) {
      tail.secondAt = now;
      tail.events = 0;
      tail.bytes = 0;
    }
    if (tail.events >= EVENTS_PER_SECOND_MAX || tail.bytes >= BYTES_PER_SECOND_MAX) {
      tail.dropped++;
      return;
    }
    const line = `${eventLine(event)}\n`;
    tail.events++;
    tail.bytes += line.length;
    tail.lines.push(line);
  }
}
