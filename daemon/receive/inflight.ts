import type { Counters } from '../telemetry/counters.ts';
import type { Failure } from './failure.ts';
import { RECEIVE_LIMITS } from './limits.ts';

const OVERLOAD: Failure = {
  code: 'overload',
  message: 'The collector holds as many unfinished bodies as it may.',
  retryAfterSeconds: RECEIVE_LIMITS.overloadRetrySeconds,
};

const TOO_MANY_EVENTS: Failure = {
  code: 'overload',
  message: 'The collector holds as many events without an answer as it may.',
  limit: RECEIVE_LIMITS.inflightEventsMax,
  retryAfterSeconds: RECEIVE_LIMITS.overloadRetrySeconds,
};

/**
 * The budget of what one collector holds at a time, from the first byte of a body to its answer: bytes, as they came and
 * as they are when decompressed, and events, which take far more than their bytes when they are small.
 *
 * Always true: no more than `bytesMax` and `inflightEventsMax` are held, however long the disk takes. When a piece of a
 * body or its events do not fit, the request is refused as `overload` and gives back what it held, so those that fitted
 * go on.
 */
export class Inflight {
  readonly #bytesMax: number;
  readonly #counters: Counters;
  #bytes = 0;
  #events = 0;

  constructor(bytesMax: number, counters: Counters) {
    this.#bytesMax = bytesMax;
    this.#counters = counters;
  }

  /** Takes bytes into the budget, or says why not (and counts that). */
  hold(bytes: number): Failure | undefined {
    if (this.#bytes + bytes > this.#bytesMax) {
      this.#counters.add('events_refused_total{reason="overload"}');
      return OVERLOAD;
    }
    this.#bytes += bytes;
    this.#counters.set('receive_inflight_bytes', this.#bytes);
    return undefined;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#counters.set('receive_inflight_bytes', this.#bytes);
  }
  /** Takes the events of a request into the budget, or says why not (and counts them). */
  holdEvents(events: number): Failure | undefined {
    if (this.#events + events > RECEIVE_LIMITS.inflightEventsMax) {
      this.#counters.add('events_refused_total{reason="overload"}', events);
      return TOO_MANY_EVENTS;
    }
    this.#events += events;
    return undefined;
  }

  releaseEvents(events: number): void {
    this.#events -= events;
  }
}
