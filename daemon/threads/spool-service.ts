import type { Config } from '../../src/config/schema.ts';
import type { HeldMonths, HoldLimits } from '../flush/hold.ts';
import type { FlushTarget } from '../flush/target.ts';
import { Committer } from '../spool/committer.ts';
import { Dedup } from '../spool/dedup.ts';
import type { Disk } from '../spool/disk.ts';
import { Space } from '../spool/space.ts';
import type { SpoolState } from '../state/spool-state.ts';
import type { LaneEvents } from './lane-events.ts';
import { LaneService, type LaneServiceOptions } from './lane-service.ts';

const HOUR_MS = 3_600_000;

export interface SpoolServiceOptions
  extends Pick<LaneServiceOptions, 'folder' | 'columns' | 'strategy' | 'now' | 'monotonic' | 'random'> {
  readonly config: Config;
  readonly disk: Disk;
  /** Bytes that the lanes of all tables hold: `spool.bytesMax` bounds them together. */
  readonly spoolBytes: () => number;
  /** The shards of the table in their order, then lanes that get no new rows. At least one. */
  readonly lanes: readonly LaneParts[];
}

export interface LaneParts {
  readonly name: string;
  readonly state: SpoolState;
  readonly target: FlushTarget;
  readonly events: LaneEvents;
  /** Whether its batches go anywhere now. */
  readonly served: boolean;
}

/**
 * One table's way from group to stored batches: a lane for each of its shards, and what they share: commit, client ids
 * and room.
 *
 * Always true: a batch stays in the lane, hence with the shard, that its rows were committed to. Client ids are known across
 * lanes: an event that is sent again is a duplicate also where it would go to another shard by now.
 */
export class SpoolService {
  readonly lanes: readonly LaneService[];
  readonly committer: Committer;
  readonly space: Space;
  readonly #dedup: Dedup;
  readonly #served: readonly LaneService[];
  /** Keys on their way to state.db, in the order of the seals. */
  #keysStored: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: SpoolServiceOptions) {
    const { config, disk, folder, now, monotonic } = options;
    const [first] = options.lanes;
    const windowMs = config.spool.dedupHours * HOUR_MS;
    this.#dedup = new Dedup(first!.state, { windowMs, rowsMax: config.spool.dedupRowsMax }, now);
    this.lanes = options.lanes.map(
      (lane) =>
        new LaneService({
          ...options,
          ...lane,
          between: (work) => this.committer.between(work),
          persist: (segment, keys) => this.#persist(lane, segment, keys),
        }),
    );
    this.#served = this.lanes.filter((_, index) => options.lanes[index]!.served);
    this.space = new Space(disk, folder, config.spool, now);
    const { events } = first!;
    this.committer = new Committer({
      lanes: this.lanes.map(({ lane }) => lane),
      dedup: this.#dedup,
      refusal: () => (this.#closing ? 'stopping' : this.space.refusal(options.spoolBytes())),
      observer: {
        committed: (rows, duplicates, bytes, durationMs) => {
          events.committed(rows, duplicates, bytes, durationMs);
          for (const lane of this.lanes) lane.committed();
        },
        refused: (rows, reason) => events.refused(rows, reason),
        failed: (error) => events.failed(error),
      },
      now: monotonic,
    });
  }

  get bytes(): number {
    return this.lanes.reduce((sum, { lane }) => sum + lane.bytes, 0);
  }

  /** Seals what is there, whatever its size. */
  async seal(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.seal()));
  }

  /** As `FlushHold.ask`, in every lane that flushes: granted in all or in none. */
  async hold(id: number, months: HeldMonths, limits: HoldLimits): Promise<boolean> {
    const granted = await Promise.all(this.#served.map(({ hold }) => hold.ask(id, months, limits)));
    if (granted.every(Boolean)) return true;
    this.release(id);
    return false;
  }

  /** As `FlushHold.extend`. False when it is over in any of them. */
  extend(id: number, holdMs: number): boolean {
    return this.#served.map(({ hold }) => hold.extend(id, holdMs)).every(Boolean);
  }

  /** Ends the hold `id`, or the wait for it. */
  release(id: number): void {
    for (const { hold } of this.#served) hold.release(id);
  }

  /** Refuses new events, answers those under way, seals. The flushers go on. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.committer.idle();
    await Promise.all(this.lanes.map((lane) => lane.close()));
    await this.#keysStored;
  }

  #persist({ state, events }: LaneParts, segment: string, keys: readonly string[]): Promise<void> {
    const dedup = this.#dedup;
    const forgotten = dedup.forgotten;
    this.#keysStored = this.#keysStored
      .then(() => dedup.persist(segment, keys, state))
      .catch((error) => events.stateFailed(error))
      .then(() => {
        if (dedup.forgotten > forgotten) events.keysForgotten(dedup.forgotten - forgotten);
      });
    return this.#keysStored;
  }
}
