import type { Counters } from '../telemetry/counters.ts';
import type { Failure } from './failure.ts';
import { RECEIVE_LIMITS } from './limits.ts';

const OVERLOAD: Failure = {
  code: 'overload',
  message: 'The collector holds as many unfinished bodies as it may.',
  retryAfterSeconds: RECEIVE_LIMITS.overloadRetrySeconds,
};

/**
 * The budget of body bytes that one collector holds at a time, from the first byte of a body to its answer.
 *
 * Always true: no more than `bytesMax` is held. When a piece of a body does not fit, its request is refused as
 * `overload` and gives back what it held, so those that fitted go on.
 */
export class Inflight {
  readonly #bytesMax: number;
  readonly #counters: Counters;
  #bytes = 0;

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
}
