import type { Batch } from '../spool/batch.ts';

/** How long to wait for the flush, and how long to hold it at the most. */
export interface HoldLimits {
  readonly waitMs: number;
  readonly holdMs: number;
}

/** Months (YYYYMM) whose batches are held. */
export type HeldMonths = readonly number[] | 'all';

/**
 * Keeps batches of some months, or all, from ClickHouse while somebody takes rows of those months away.
 *
 * Promises: while a hold is granted no batch with one of its months is in flight, and none that an earlier process may
 * have tried is left to be verified. Batches of other months go on, unless they stand behind a held one. Always true: one
 * hold at a time, and it ends by itself after `holdMs`, so that a holder that hangs cannot stop the flush.
 */
export class FlushHold {
  readonly #sealed: () => readonly Batch[];
  readonly #onEnd: () => void;
  #inFlight: Batch | null = null;
  #hold: {
    readonly id: number;
    readonly months: ReadonlySet<number> | 'all';
    granted: boolean;
    timer: NodeJS.Timeout;
  } | null = null;
  #grant: (granted: boolean) => void = () => {};

  /** `sealed`: the batches that wait; `onEnd`: held batches may go on. */
  constructor(sealed: () => readonly Batch[], onEnd: () => void) {
    this.#sealed = sealed;
    this.#onEnd = onEnd;
  }

  /** Resolves to whether the hold `id` is granted; false when a batch of these months stays in flight for `waitMs`. */
  ask(id: number, months: HeldMonths, { waitMs, holdMs }: HoldLimits): Promise<boolean> {
    if (this.#hold !== null) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#grant = (granted) => {
        clearTimeout(this.#hold!.timer);
        if (granted) this.#hold = { ...this.#hold!, granted, timer: setTimeout(() => this.release(id), holdMs) };
        else this.#end();
        resolve(granted);
      };
      const concerned = months === 'all' ? months : new Set(months);
      this.#hold = { id, months: concerned, granted: false, timer: setTimeout(() => this.#grant(false), waitMs) };
      this.#consider();
    });
  }

  /** Lets the hold `id` last for `holdMs` from now on. False: it is over, and batches have gone on. */
  extend(id: number, holdMs: number): boolean {
    if (this.#hold?.id !== id || !this.#hold.granted) return false;
    clearTimeout(this.#hold.timer);
    this.#hold.timer = setTimeout(() => this.release(id), holdMs);
    return true;
  }

  /** Ends the hold `id`, or the wait for it; nothing when it has ended by itself. */
  release(id: number): void {
    if (this.#hold?.id !== id) return;
    if (this.#hold.granted) this.#end();
    else this.#grant(false);
  }

  /** The flush is between two batches. */
  between(): void {
    this.#inFlight = null;
    this.#consider();
  }

  /** The batch the flush may take now: `next`, or null when that is held. */
  take(next: Batch): Batch | null {
    if (this.#hold?.granted && this.#concerns(next)) return null;
    this.#inFlight = next;
    return next;
  }

  #consider(): void {
    if (this.#hold === null || this.#hold.granted) return;
    const inFlight = this.#inFlight !== null && this.#concerns(this.#inFlight);
    if (inFlight || this.#sealed().some((batch) => batch.recovered && this.#concerns(batch))) return;
    this.#grant(true);
  }

  #concerns({ months }: Batch): boolean {
    const held = this.#hold!.months;
    return held === 'all' || [...months.keys()].some((month) => held.has(month));
  }

  #end(): void {
    clearTimeout(this.#hold!.timer);
    this.#hold = null;
    this.#onEnd();
  }
}
