const BURST_MS = 100;

/**
 * Lets bytes through at a steady rate, so that a source in production keeps room for others. Always true: over any longer
 * time the rate is not exceeded by more than what `BURST_MS` are worth.
 */
export class Throttle {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  #freeAt: number;

  /** `now` is in milliseconds. */
  constructor(bytesPerSecond: number, now: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
    this.#freeAt = now();
  }

  /** What `rows` gives, no faster. */
  async *slowed(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of rows) {
      const now = this.#now();
      this.#freeAt = Math.max(this.#freeAt, now - BURST_MS) + (chunk.byteLength / this.#bytesPerSecond) * 1_000;
      if (this.#freeAt > now) await new Promise((resolve) => setTimeout(resolve, this.#freeAt - now));
      yield chunk;
    }
  }
}
