import type { Event } from '../../src/event/event.ts';
import type { Counters } from './counters.ts';
import { type SourceDelta, Sources } from './sources.ts';
import type { VisitorRegister } from './visitors.ts';

export interface TrafficOptions {
  readonly counters: Counters;
  readonly visitors: VisitorRegister;
  /** Milliseconds of a clock that only goes forward, with fractions. */
  readonly elapsed: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const NONE: readonly number[] = [];

/**
 * What a collector notes about what passes through it: how long answers took, which visitors came, and, only while
 * somebody watches, figures per source.
 *
 * It is on the hottest path: per request two readings of a clock and one bucket, per event one hash of the visitor id.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  #sources: Sources | null = null;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  /** Figures per source are kept from now on, or no more. */
  watch(watched: boolean): void {
    if (watched) this.#sources ??= new Sources();
    else this.#sources = null;
  }

  /** Figures per source since the last call; empty while nobody watches. */
  take(): SourceDelta[] {
    return this.#sources?.take() ?? [];
  }

  /** A request or message is complete. Returns its moment, for the calls below. */
  begin(): number {
    return this.#options.elapsed();
  }

  answered(begunAt: number): void {
    const { counters, elapsed } = this.#options;
    counters.observe('receive_ack_seconds', elapsed() - begunAt);
  }

  /** These events, at least one, which came in `bytes`, are durable; those at the indexes `repeated` were before. */
  committed(events: readonly Event[], repeated: readonly number[] = NONE, bytes: number, begunAt: number): void {
    const { visitors } = this.#options;
    const at = events[0]!.received_at;
    for (const { visitor_id } of events) if (visitor_id !== '') visitors.add(visitor_id, at);
    if (this.#sources !== null) this.#note(this.#sources, events, repeated, bytes, begunAt, at);
  }

  /** An event was rejected that was sent as `raw`, in canonical names. */
  rejected(raw: unknown): void {
    if (this.#sources === null) return;
    const named = typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>) : {};
    this.#sources.rejected(named.account, named.name, this.#options.now());
  }

  /** The bytes of a request are shared out evenly among its events. */
  #note(
    sources: Sources,
    events: readonly Event[],
    repeated: readonly number[],
    bytes: number,
    begunAt: number,
    at: number,
  ) {
    const tookMs = this.#options.elapsed() - begunAt;
    let next = 0;
    events.forEach(({ account, name }, index) => {
      if (repeated[next] === index) {
        next += 1;
        sources.duplicate(account, name, at);
      } else sources.accepted(account, name, bytes / events.length, tookMs, at);
    });
  }
}
