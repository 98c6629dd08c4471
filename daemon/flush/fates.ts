import type { Batch } from '../spool/batch.ts';
import type { Disk } from '../spool/disk.ts';
import type { Lane } from '../spool/lane.ts';
import { quarantineBatch } from '../spool/recovery.ts';
import type { SpoolState } from '../state/spool-state.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { BatchFates } from './flusher.ts';
import { readHalves, type Selection } from './segment-rows.ts';
import { splitBatch } from './split.ts';

/** Single rows set aside within `DEAD_LETTER_WINDOW_MS` before whole batches are set aside instead of being bisected. */
const DEAD_LETTERS_MAX = 200;
const DEAD_LETTER_WINDOW_MS = 60_000;

export interface FateObserver {
  stored(batch: Batch, rows: number, excess: number): void;
  split(batch: Batch, into: number, error: string): void;
  deadLettered(batch: Batch, error: string): void;
  /** A damaged segment lies in the quarantine; `lost` of its rows cannot be read. */
  quarantined(batch: Batch, lost: number, error: string): void;
  /** state.db could not be written (no room): totals are behind until it can. */
  stateFailed(error: unknown): void;
}

/**
 * Ends of a batch on disk and in the totals.
 *
 * Always true: the total is written before the segment is unlinked, and counting twice is counting once, because the
 * batch that was counted last is also the first to be flushed, after a restart too. When state.db has no room the
 * segment is unlinked all the same (that is what makes room) and its rows are added to the next total; a crash before
 * that leaves the total behind.
 */
export class LaneFates implements BatchFates {
  readonly #disk: Disk;
  readonly #lane: Lane;
  readonly #state: SpoolState;
  readonly #deadLetters: DeadLetters;
  readonly #observer: FateObserver;
  readonly #now: () => number;
  /** Rows of earlier batches that state.db lacks. */
  #uncounted = 0;
  /** The batch counted last: rows of it that state.db has, and those that it lacks. */
  #last = { batch: '', counted: 0, lacking: 0 };
  #recentDeadLetters: number[] = [];

  constructor(
    deps: { disk: Disk; lane: Lane; state: SpoolState; deadLetters: DeadLetters; now: () => number },
    observer: FateObserver,
  ) {
    this.#disk = deps.disk;
    this.#lane = deps.lane;
    this.#state = deps.state;
    this.#deadLetters = deps.deadLetters;
    this.#now = deps.now;
    this.#observer = observer;
    this.#resume();
  }

  async stored(batch: Batch, excess: number): Promise<void> {
    this.#count(batch, batch.rows);
    this.#lane.forget(batch);
    this.#observer.stored(batch, batch.rows, excess);
  }

  async split(batch: Batch, unstored: Selection, error: string): Promise<void> {
    const halves = await readHalves(this.#disk, batch, unstored);
    const stored = batch.rows - halves.reduce((sum, half) => sum + half.rows.rows, 0);
    if (stored === 0 && (batch.rows === 1 || this.#tooManyDeadLetters())) return this.#setAside(batch, error);
    if (stored > 0) this.#count(batch, stored);
    await splitBatch(this.#disk, this.#lane, batch, halves, this.#now());
    this.#observer.split(batch, halves.length, error);
    if (stored > 0) this.#observer.stored(batch, stored, 0);
  }

  async unreadable(batch: Batch, error: string): Promise<void> {
    const rest = quarantineBatch(this.#disk, this.#lane, batch);
    this.#observer.quarantined(batch, batch.rows - (rest?.rows ?? 0), error);
  }

  #setAside(batch: Batch, error: string): void {
    const indexError = this.#deadLetters.add(batch, error);
    this.#recentDeadLetters.push(this.#now());
    this.#observer.deadLettered(batch, error);
    if (indexError !== null) this.#observer.stateFailed(indexError);
  }

  /** Halves have younger names than batches behind them: recovery put the one that was under way after those. */
  #resume(): void {
    const counted = this.#state.counted();
    const batch = this.#lane.sealed.find(({ name }) => name === counted);
    if (batch === undefined) return;
    this.#lane.take(batch);
    this.#lane.add(batch, true);
  }

  #tooManyDeadLetters(): boolean {
    const since = this.#now() - DEAD_LETTER_WINDOW_MS;
    this.#recentDeadLetters = this.#recentDeadLetters.filter((at) => at >= since);
    return this.#recentDeadLetters.length >= DEAD_LETTERS_MAX;
  }

  #count(batch: Batch, rows: number): void {
    if (this.#last.batch !== batch.name) {
      this.#uncounted += this.#last.lacking;
      this.#last = { batch: batch.name, counted: 0, lacking: 0 };
    }
    try {
      this.#state.countStored(batch.name, rows, this.#uncounted);
      this.#uncounted = 0;
      this.#last = { batch: batch.name, counted: rows, lacking: 0 };
    } catch (error) {
      this.#last = { ...this.#last, lacking: rows - this.#last.counted };
      this.#observer.stateFailed(error);
    }
  }
}
