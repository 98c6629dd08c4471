/**
 * Months (YYYYMM, UTC) of times and how many rows fall into each: ClickHouse's partitions of `events`
 * (`toYYYYMM(occurred_at)`).
 */
export class MonthCounter {
  readonly #counts = new Map<number, number>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #month = 0;

  /** Counts `time` (milliseconds since the epoch) and returns its month. Neighbours mostly share one: its bounds are kept. */
  add(time: number): number {
    if (time < this.#from || time >= this.#to) {
      const date = new Date(time);
      const year = date.getUTCFullYear();
      const month = date.getUTCMonth();
      this.#from = Date.UTC(year, month, 1);
      this.#to = Date.UTC(year, month + 1, 1);
      this.#month = year * 100 + month + 1;
    }
    this.#counts.set(this.#month, (this.#counts.get(this.#month) ?? 0) + 1);
    return this.#month;
  }

  /** Month and rows in turn; starts anew. */
  take(): Uint32Array {
    const pairs = Uint32Array.from([...this.#counts].flat());
    this.#counts.clear();
    return pairs;
  }
}

export function monthCounts(times: Float64Array): Uint32Array {
  const counter = new MonthCounter();
  for (const time of times) counter.add(time);
  return counter.take();
}
