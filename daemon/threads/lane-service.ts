import path from 'node:path';
import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';
import type { Config } from '../../src/config/schema.ts';
import { Breaker } from '../flush/breaker.ts';
import { DeadLetters } from '../flush/dead-letters.ts';
import { LaneFates } from '../flush/fates.ts';
import { Flusher } from '../flush/flusher.ts';
import { FlushHold } from '../flush/hold.ts';
import type { FlushTarget } from '../flush/target.ts';
import type { Batch } from '../spool/batch.ts';
import { type Disk, isNoSpace } from '../spool/disk.ts';
import { firstNumber } from '../spool/identity.ts';
import { type Lane, openLane } from '../spool/lane.ts';
import { Strategy, type StrategyName, shouldSeal } from '../spool/strategy.ts';
import type { SpoolState } from '../state/spool-state.ts';
import type { LaneEvents } from './lane-events.ts';

/** After a seal that found no room: when to try again. */
const SEAL_RETRY_MS = 1_000;

export interface LaneServiceOptions {
  readonly name: string;
  readonly folder: string;
  readonly columns: readonly ColumnHead[];
  readonly strategy: StrategyName;
  readonly config: Config;
  readonly disk: Disk;
  readonly state: SpoolState;
  readonly target: FlushTarget;
  readonly events: LaneEvents;
  /** Puts the client ids of a sealed segment into state.db; resolves when they are there, or cannot be now. */
  readonly persist: (segment: string, keys: readonly string[]) => Promise<void>;
  /** Runs `work` at a moment when no commit is under way. */
  readonly between: (work: () => void) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since any moment, never set back: ages and durations do not follow a clock that is set. */
  readonly monotonic: () => number;
  readonly random: () => number;
}

/**
 * A lane's way from committed rows to stored batches: joins seal, deduplication and flush. Who commits to it is
 * `SpoolService`. Knows neither threads nor ClickHouse.
 */
export class LaneService {
  readonly lane: Lane;
  readonly name: string;
  readonly flusher: Flusher;
  /** Keeps batches of some months back for a moment. */
  readonly hold: FlushHold;
  readonly breaker: Breaker;
  readonly deadLetters: DeadLetters;
  readonly #options: LaneServiceOptions;
  readonly #strategy: Strategy;
  /** Keys on their way to state.db, in the order of the segments. */
  #keysStored: Promise<void> = Promise.resolve();
  #sealTimer: NodeJS.Timeout | null = null;
  /** When the active segment got its first row (monotonic), null while it has none. */
  #activeSince: number | null = null;
  #sealAsked = false;

  constructor(options: LaneServiceOptions) {
    const { config, disk, events, state, now, monotonic } = options;
    const folder = path.join(options.folder, options.name);
    const { lane, report } = openLane(disk, folder, options.columns, firstNumber(), now);
    events.recovered(report);
    this.lane = lane;
    this.name = options.name;
    this.#options = options;
    this.#strategy = new Strategy(options.strategy, config.flush);
    // A spool begun anew counts from a random number, which says nothing about the one that is remembered.
    if (report.lastName === '') state.forgetKeysThrough();
    for (const found of report.keys) {
      if (!state.keysStored(found.segment)) state.remember(found.keys, now(), found.segment);
    }
    this.deadLetters = new DeadLetters(disk, lane, options.name, state, now);
    this.deadLetters.reconcile();
    this.hold = new FlushHold(
      () => lane.sealed,
      () => this.flusher.arrived(),
    );
    this.breaker = new Breaker(options.random);
    const fates = new LaneFates({ disk, lane, state, deadLetters: this.deadLetters, now }, events);
    this.flusher = new Flusher({
      disk,
      target: options.target,
      breaker: this.breaker,
      fates,
      observer: {
        insert: (batch, outcome, durationMs) => {
          if (outcome.seen === 'stored') this.#strategy.inserted(batch.rows, durationMs);
          events.insert(batch, outcome, durationMs);
        },
        verification: (batch) => events.verification(batch),
        waiting: (batch, error, waitMs) => events.waiting(batch, error, waitMs),
      },
      oldest: () => this.#oldest(),
      now: monotonic,
    });
  }

  /** Seals what is there, whatever its size. */
  async seal(): Promise<void> {
    await this.#options.between(() => this.#seal());
  }

  /** Rows may have been committed. */
  committed(): void {
    if (this.lane.active.rows === 0) return;
    this.#activeSince ??= this.#options.monotonic();
    this.#considerSeal();
  }

  /** Seals. The flusher goes on. No commit comes any more. */
  async close(): Promise<void> {
    await this.seal();
    if (this.#sealTimer !== null) clearTimeout(this.#sealTimer);
    await this.#keysStored;
  }

  async #oldest(): Promise<Batch | null> {
    this.hold.between();
    this.#considerSeal();
    const batch = this.lane.sealed[0];
    if (batch === undefined) return null;
    // The keys of a segment are safe before it can be unlinked.
    await this.#keysStored;
    return this.hold.take(batch);
  }

  #considerSeal(): void {
    const { active } = this.lane;
    if (active.rows === 0 || this.#sealAsked) return;
    const now = this.#options.monotonic();
    const ageMs = now - (this.#activeSince ?? now);
    const { trigger } = this.#strategy;
    const waiting = this.lane.sealed.length;
    if (shouldSeal({ rows: active.rows, bytes: active.bytes, ageMs }, waiting, trigger, this.#options.config.flush)) {
      this.#sealAsked = true;
      void this.seal();
    } else if (waiting === 0 && this.#sealTimer === null) {
      this.#sealLater(Math.max(trigger.ageMs - ageMs, 1));
    }
  }

  #sealLater(ms: number): void {
    this.#sealTimer = setTimeout(() => {
      this.#sealTimer = null;
      this.#considerSeal();
    }, ms);
  }

  #seal(): void {
    this.#sealAsked = false;
    const { name, rows, keys } = this.lane.active;
    if (rows === 0) return;
    try {
      this.lane.seal();
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      if (this.#sealTimer === null) this.#sealLater(SEAL_RETRY_MS);
      return;
    }
    this.#activeSince = null;
    this.#keysStored = this.#options.persist(name, keys);
    this.flusher.arrived();
  }
}
