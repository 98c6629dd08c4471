import { Intensity } from './intensity.ts';
import type { LoadPlan } from './plan.ts';
import { randomStream } from './random-stream.ts';

/**
 * When the requests of one worker are to start: fixed by the plan alone, before anything is sent, so that a slow collector
 * cannot slow the schedule down.
 *
 * - `constant`: request `k` starts when as many events are due as the requests before it carry; the spacing is fractional
 *   and follows a ramp exactly.
 * - `poisson`: the requests of all workers together are a Poisson process whose events have the intensity of the stages.
 *   A process of rate one (exponential gaps, seeded) is bent to it by the inverse of the cumulative count (time rescaling).
 *   The gaps are drawn in order, so each worker draws those of the others too.
 *
 * Memory is constant. Begins at the worker's first request; `atMs` is Infinity after the last.
 */
export class Arrivals {
  /** Index of the request. */
  k: number;
  /** Milliseconds after `plan.startedAt`. */
  atMs = 0;
  readonly #plan: LoadPlan;
  readonly #intensity: Intensity;
  /** Events of requests before each place of a round of `plan.sizes`, and of a whole round. */
  readonly #before: readonly number[];
  readonly #round: number;
  readonly #random: () => number;
  /** Poisson: events due at the request drawn last, and how many requests were drawn. */
  #due = 0;
  #drawn = 0;

  constructor(plan: LoadPlan, worker: number) {
    const before: number[] = [];
    let round = 0;
    for (const size of plan.sizes) {
      before.push(round);
      round += size;
    }
    this.#plan = plan;
    this.#intensity = new Intensity(plan.stages);
    this.#before = before;
    this.#round = round;
    this.#random = randomStream(plan.seed);
    this.k = worker;
    this.#setTime();
  }

  /** Goes on to the worker's next request. */
  advance(): void {
    this.k += this.#plan.workers;
    this.#setTime();
  }

  #setTime(): void {
    const events = this.#plan.arrival === 'poisson' ? this.#poisson() : this.#eventsBefore();
    this.atMs = this.#intensity.timeOf(events);
  }

  #eventsBefore(): number {
    const { length } = this.#before;
    return Math.floor(this.k / length) * this.#round + this.#before[this.k % length]!;
  }

  #poisson(): number {
    const mean = this.#round / this.#before.length;
    for (; this.#drawn <= this.k; this.#drawn++) this.#due -= Math.log(this.#random()) * mean;
    return this.#due;
  }
}
