import { type Batch, batchNumber } from '../spool/batch.ts';
import { type Disk, isNoSpace } from '../spool/disk.ts';
import type { Breaker } from './breaker.ts';
import { type Action, begin, next, type Seen } from './machine.ts';
import { readBlock, SegmentUnreadable, type Selection } from './segment-rows.ts';
import type { FlushTarget, InsertOutcome, StoredIds } from './target.ts';

const TOKEN_DEAD = 'success was answered, but rows are missing';

/** What becomes of a batch, told to whoever keeps the lane. Each is final for the batch. */
export interface BatchFates {
  stored(batch: Batch, excess: number): Promise<void>;
  /**
   * Halve the rows of `unstored`; the others are stored. May set the batch aside instead. Throws when the disk has no
   * room for the halves; nothing has changed then.
   */
  split(batch: Batch, unstored: Selection, error: string): Promise<void>;
  /** Its segment can no longer be read as it was written. */
  unreadable(batch: Batch, error: string): Promise<void>;
}

export interface FlushObserver {
  insert(batch: Batch, outcome: InsertOutcome, durationMs: number): void;
  verification(batch: Batch): void;
  waiting(batch: Batch, error: string, waitMs: number): void;
}

export interface FlusherOptions {
  readonly disk: Disk;
  readonly target: FlushTarget;
  readonly breaker: Breaker;
  readonly fates: BatchFates;
  readonly observer: FlushObserver;
  /** The batch to work on, or null. Its keys are safe. */
  readonly oldest: () => Promise<Batch | null>;
  readonly now: () => number;
}

/**
 * Takes one batch after another to its fate: the only sender of inserts for a lane, one in flight.
 *
 * Promises: follows `machine.ts` to the letter; gives a batch up only through `fates`. It never gives up by itself: a
 * server that is away makes it wait, and the spool grows. `stop` ends the loop after the step
 * under way, whose batch stays where it is and is counted first at the next start.
 */
export class Flusher {
  readonly #options: FlusherOptions;
  /** Rows of an insert for which memory was enough last. */
  #rowsMax = Number.POSITIVE_INFINITY;
  #stopping = false;
  #arrived = false;
  #idle = false;
  #wake: () => void = () => {};

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      this.#arrived = false;
      const batch = await this.#options.oldest();
      if (batch !== null) await this.#flushReadable(batch);
      else if (!this.#arrived) await this.#sleep(null);
    }
  }

  /** There is a batch: ends idleness, not a wait for a server that is away. */
  arrived(): void {
    this.#arrived = true;
    if (this.#idle) this.#wake();
  }

  /** The engine is back: ends a wait. */
  engineReady(): void {
    this.#wake();
  }

  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  async #flushReadable(batch: Batch): Promise<void> {
    try {
      await this.#flush(batch);
    } catch (error) {
      if (!(error instanceof SegmentUnreadable)) throw error;
      await this.#options.fates.unreadable(batch, error.message);
    }
  }

  async #flush(batch: Batch): Promise<void> {
    let { progress, action } = begin(batch.recovered, batch.months, this.#rowsMax);
    let error = '';
    while (!this.#stopping) {
      if (action.do === 'stored') {
        this.#options.breaker.succeeded();
        await this.#options.fates.stored(batch, action.excess);
        this.#options.target.settled?.(batchNumber(batch.name));
        return;
      }
      const seen: (Seen & { error?: string }) | null =
        action.do === 'split' ? await this.#split(batch, action, error) : await this.#act(batch, action);
      if (seen === null) return;
      if ('error' in seen) error = seen.error;
      const step = next(progress, seen, batch.months);
      this.#rowsMax = step.progress.rowsMax;
      if (step.progress.lost) {
        // A server that says yes and keeps nothing would be asked again and again without a pause.
        this.#options.breaker.lastError = TOKEN_DEAD;
        await this.#wait(batch);
      }
      ({ progress, action } = step);
    }
  }

  #act(batch: Batch, action: Exclude<Action, { do: 'stored' } | { do: 'split' }>): Promise<Seen & { error?: string }> {
    switch (action.do) {
      case 'insert':
        return this.#insert(batch, insertToken(batch, action.generation), action);
      case 'insert_absent':
        return this.#insertAbsent(batch, patchToken(batch, action.patch), action);
      case 'count':
        return this.#count(batch);
      case 'wait':
        return this.#wait(batch);
    }
  }

  async #insert(batch: Batch, token: string, selection: Selection): Promise<InsertOutcome> {
    const { disk, target, breaker, observer, now } = this.#options;
    const { block } = await readBlock(disk, batch, selection);
    const startedAt = now();
    const outcome = await target.insert(block, token);
    observer.insert(batch, outcome, now() - startedAt);
    if (outcome.seen === 'stored') breaker.succeeded();
    else breaker.lastError = outcome.error;
    return outcome;
  }

  async #insertAbsent(
    batch: Batch,
    token: string,
    { months, rowsMax }: Action & { do: 'insert_absent' },
  ): Promise<InsertOutcome> {
    const stored = await this.#options.target.ids(batchNumber(batch.name), months);
    return 'error' in stored ? this.#unknown(stored.error) : this.#insert(batch, token, { months, stored, rowsMax });
  }

  /** Null: the batch is no more. Otherwise why it could not be split now. */
  async #split(batch: Batch, { missing, partial }: Action & { do: 'split' }, error: string): Promise<Seen | null> {
    const months = [...missing, ...partial];
    const none: StoredIds = new Map();
    const stored = partial.length === 0 ? none : await this.#options.target.ids(batchNumber(batch.name), partial);
    if ('error' in stored) return this.#unknown(stored.error);
    try {
      await this.#options.fates.split(batch, { months, stored }, error);
      return null;
    } catch (thrown) {
      if (!isNoSpace(thrown)) throw thrown;
      return this.#unknown(String(thrown));
    }
  }

  #unknown(error: string): InsertOutcome {
    this.#options.breaker.lastError = error;
    return { seen: 'unknown', error };
  }

  async #count(batch: Batch): Promise<Seen> {
    for (;;) {
      this.#options.observer.verification(batch);
      const months = await this.#options.target.count(batchNumber(batch.name));
      if (!('error' in months)) return { seen: 'counted', months };
      this.#options.breaker.lastError = months.error;
      await this.#wait(batch);
      if (this.#stopping) return { seen: 'waited' };
    }
  }

  async #wait(batch: Batch): Promise<Seen> {
    const { breaker, observer } = this.#options;
    const waitMs = breaker.failed(breaker.lastError);
    observer.waiting(batch, breaker.lastError, waitMs);
    await this.#sleep(waitMs);
    breaker.waited();
    return { seen: 'waited' };
  }

  #sleep(ms: number | null): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    this.#idle = ms === null;
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        this.#idle = false;
        resolve();
      };
    });
  }
}

/** Token of whole months: the batch's name, with the generation when the first one is dead. */
export function insertToken(batch: Pick<Batch, 'name'>, generation: number): string {
  return generation === 0 ? batch.name : `${batch.name}#${generation}`;
}

/** Token of the absent rows of partial months: never that of a whole month. */
export function patchToken(batch: Pick<Batch, 'name'>, patch: number): string {
  return `${batch.name}#patch${patch}`;
}
