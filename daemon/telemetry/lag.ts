import type { Counters } from './counters.ts';

/** The gauge shows the worst of this long: as long as the interval in which it is read. */
const WINDOW_MS = 1_000;

/**
 * The lag from acknowledgement to queryable row, in the gauge `lag_seconds`.
 *
 * The probe is the oldest event of every batch: its time from the commit to the moment at which ClickHouse is proven to
 * hold all of the batch (an insert is answered when its part is in place, or the rows were counted). Nothing is sent for
 * it, so there is nothing that tables, totals and questions would have to leave out; and it is no sample: each batch is
 * measured, by the row of it that waited longest, behind whatever else waits. An event made up for the purpose would
 * have to pass the same lane to meet the same queue, would then be a row of `events` that everybody's SQL finds, and
 * would write a part a second on an idle machine.
 *
 * While no events come there is no lag to measure, and none is told. Exact to the milliseconds of one commit, which it
 * counts in.
 */
export class LagMeter {
  readonly #counters: Pick<Counters, 'add' | 'set'>;
  #worstMs = 0;
  #since = 0;

  constructor(counters: Pick<Counters, 'add' | 'set'>) {
    this.#counters = counters;
  }

  /** Rows that were committed at `committedAt` or later can be queried at `now`; milliseconds since the epoch. */
  stored(committedAt: number, now: number): void {
    if (now - this.#since >= WINDOW_MS) {
      this.#since = now;
      this.#worstMs = 0;
    }
    this.#worstMs = Math.max(this.#worstMs, now - committedAt, 0);
    this.#counters.set('lag_seconds', this.#worstMs / 1_000);
    this.#counters.add('lag_measurements_total');
  }
}
