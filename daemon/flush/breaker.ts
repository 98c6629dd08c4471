/**
 * The circuit breaker in front of ClickHouse and the only source of waiting times: closed, open, half-open.
 *
 * Always true: closed until `FAILURES_TO_OPEN` failures in a row; open for a time that doubles up to `OPEN_MS_MAX`
 * (with jitter, so that several collectors do not knock together); then half-open for one attempt, whose outcome
 * closes or opens it. Pure over the clock and randomness it is given.
 */
export type BreakerState = 'closed' | 'half-open' | 'open';

const FAILURES_TO_OPEN = 3;
const RETRY_MS_MIN = 100;
const OPEN_MS_MAX = 10_000;
const JITTER = 0.2;

export class Breaker {
  state: BreakerState = 'closed';
  lastError = '';
  #failures = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  succeeded(): void {
    this.#failures = 0;
    this.state = 'closed';
    this.lastError = '';
  }

  /** Counts a failure; returns how many milliseconds to wait before the next attempt. */
  failed(error: string): number {
    this.#failures++;
    this.lastError = error;
    if (this.state === 'half-open' || this.#failures >= FAILURES_TO_OPEN) this.state = 'open';
    const exponent = Math.min(this.#failures - 1, 10);
    const base = Math.min(RETRY_MS_MIN * 2 ** exponent, OPEN_MS_MAX);
    return base * (1 - JITTER + 2 * JITTER * this.#random());
  }

  /** The wait is over, or the engine said it is back: one attempt may be made. */
  waited(): void {
    if (this.state === 'open') this.state = 'half-open';
  }
}
