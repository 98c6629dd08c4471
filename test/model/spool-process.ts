import type Database from 'better-sqlite3';
import { DeadLetters } from '../../daemon/flush/dead-letters.ts';
import { LaneFates } from '../../daemon/flush/fates.ts';
import { Committer } from '../../daemon/spool/committer.ts';
import { Dedup } from '../../daemon/spool/dedup.ts';
import { type Disk, isNoSpace } from '../../daemon/spool/disk.ts';
import { type Lane, openLane } from '../../daemon/spool/lane.ts';
import { SpoolState } from '../../daemon/state/spool-state.ts';
import { EVENT_COLUMN_HEADS } from '../../src/clickhouse/native/encoded-rows.ts';

export const SPOOL = '/home/spool/events';
const NOTHING = () => {};

/** The parts of one life of the spool thread, joined as the daemon joins them, without its threads and timers. */
export class SpoolProcess {
  readonly lane: Lane;
  readonly state: SpoolState;
  readonly committer: Committer;
  readonly deadLetters: DeadLetters;
  readonly fates: LaneFates;
  /** What the committer said when it could go no further. */
  failure: unknown = null;
  readonly #dedup: Dedup;

  constructor(disk: Disk, db: Database.Database, firstNumber: bigint, now: () => number) {
    const { lane, report } = openLane(disk, SPOOL, EVENT_COLUMN_HEADS, firstNumber, now);
    this.lane = lane;
    this.state = new SpoolState(db, 'events');
    this.#dedup = new Dedup(this.state, { windowMs: 86_400_000, rowsMax: 1_000_000 }, now);
    for (const { segment, keys } of report.keys) {
      if (!this.state.keysStored(segment)) this.state.remember(keys, now(), segment);
    }
    this.deadLetters = new DeadLetters(disk, lane, 'events', this.state, now);
    this.deadLetters.reconcile();
    const observer = {
      stored: NOTHING,
      split: NOTHING,
      deadLettered: NOTHING,
      quarantined: NOTHING,
      stateFailed: NOTHING,
    };
    this.fates = new LaneFates({ disk, lane, state: this.state, deadLetters: this.deadLetters, now }, observer);
    this.committer = new Committer({
      lanes: [lane],
      dedup: this.#dedup,
      refusal: () => null,
      observer: {
        committed: NOTHING,
        refused: NOTHING,
        failed: (error) => {
          this.failure = error;
        },
      },
      now,
    });
  }

  /** Seals what there is, if there is room. `keysStored`: the process lives until client ids are in state.db. */
  async seal(keysStored: boolean): Promise<void> {
    const { name, rows, keys } = this.lane.active;
    if (rows === 0) return;
    try {
      await this.committer.between(() => this.lane.seal());
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      return;
    }
    if (keysStored) await this.#dedup.persist(name, keys);
  }
}
