import { timeColumn } from '../../src/clickhouse/native/encoded-rows.ts';
import { filterRows, readInt64Column } from '../../src/clickhouse/native/filter.ts';
import type { Dedup } from './dedup.ts';
import { isNoSpace } from './disk.ts';
import type { Lane } from './lane.ts';
import { monthCounts } from './months.ts';
import type { AppendMessage, SpoolAnswer, SpoolRefusal } from './protocol.ts';
import type { GroupRecord } from './record.ts';
import { SegmentBroken } from './segment-writer.ts';

export interface CommitObserver {
  /** Rows and bytes that became durable in one sync, and how long write and sync took. */
  committed(rows: number, duplicates: number, bytes: number, durationMs: number): void;
  refused(rows: number, reason: SpoolRefusal): void;
  /** The disk could not confirm a write: nothing may be acknowledged any more, the process must end. */
  failed(error: unknown): void;
}

export interface CommitterOptions {
  readonly lane: Lane;
  readonly dedup: Dedup;
  /** A reason to refuse before anything is written, or null. */
  readonly refusal: () => SpoolRefusal | null;
  readonly observer: CommitObserver;
  readonly now: () => number;
}

type Answer = (answer: SpoolAnswer) => void;
interface Waiting {
  readonly message: AppendMessage;
  readonly answer: Answer;
}

/** Said with every refusal: long enough not to be hammered, short enough that clients come back in time. */
const RETRY_AFTER_SECONDS: Record<SpoolRefusal, number> = { spool_full: 5, disk_full: 5, stopping: 1 };

/**
 * Group commit: the only writer of a lane.
 *
 * Promises: `committed` is answered after the rows (and those they duplicate) are synced, never before. Always true: at
 * most one write-and-sync runs; what arrives meanwhile forms the next, so groups grow with the disk's latency and no
 * timer is needed. When the lane is full the whole group is refused and nothing of it is kept. When a sync fails, or
 * anything else that is not expected, the observer's `failed` is called, nothing is answered any more and nothing is
 * written again.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #waiting: Waiting[] = [];
  readonly #exclusive: (() => void)[] = [];
  #running = false;
  #broken = false;
  #idle: (() => void)[] = [];

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  submit(message: AppendMessage, answer: Answer): void {
    this.#waiting.push({ message, answer });
    this.#start();
  }

  /** Runs `work` at a moment when no commit is under way: the only time at which a segment may be sealed. */
  between<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#exclusive.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      this.#start();
    });
  }

  /** Resolves when everything submitted so far is answered, or nothing will be any more. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    if (this.#running || this.#broken) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#broken && (this.#waiting.length > 0 || this.#exclusive.length > 0)) {
        for (const work of this.#exclusive.splice(0)) work();
        const waiting = this.#waiting;
        this.#waiting = [];
        if (waiting.length > 0) await this.#commit(waiting);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const { lane, observer, refusal, now } = this.#options;
    const reason = refusal();
    if (reason !== null) return this.#refuse(waiting, reason);
    const startedAt = now();
    const groups = waiting.map(({ message }) => this.#withoutDuplicates(message));
    const records = groups.filter(({ record }) => record.rows.rows > 0).map(({ record }) => record);
    let offset = lane.active.bytes;
    if (records.length > 0) {
      try {
        offset = lane.write(records);
      } catch (error) {
        this.#options.dedup.release(records.flatMap((record) => record.keys));
        if (error instanceof SegmentBroken || !isNoSpace(error)) return this.#fail(error);
        return this.#refuse(waiting, 'disk_full');
      }
      try {
        await lane.sync();
      } catch (error) {
        return this.#fail(error);
      }
    }
    const rows = groups.reduce((sum, { record }) => sum + record.rows.rows, 0);
    const duplicates = groups.reduce((sum, group) => sum + group.duplicates.length, 0);
    observer.committed(rows, duplicates, lane.active.bytes - offset, now() - startedAt);
    waiting.forEach(({ message, answer }, index) => {
      const { duplicates } = groups[index]!;
      answer({ type: 'committed', group: message.group, segment: lane.active.name, offset, duplicates });
    });
  }

  #withoutDuplicates(message: AppendMessage): { record: GroupRecord; duplicates: Uint32Array } {
    const fresh: string[] = [];
    const duplicates: number[] = [];
    message.keys.forEach((key, index) => {
      if (this.#options.dedup.claim(key)) fresh.push(key);
      else duplicates.push(message.keyRows[index]!);
    });
    if (duplicates.length === 0) {
      const { rows, months, keys } = message;
      return { record: { rows, months, keys }, duplicates: NO_ROWS };
    }
    const dropped = new Set(duplicates);
    const { columns } = this.#options.lane;
    const rows = filterRows(columns, message.rows, (row) => !dropped.has(row));
    const months = monthCounts(readInt64Column(columns, rows, timeColumn(columns)));
    return { record: { rows, months, keys: fresh }, duplicates: Uint32Array.from(duplicates) };
  }

  #refuse(waiting: readonly Waiting[], reason: SpoolRefusal): void {
    let rows = 0;
    for (const { message, answer } of waiting) {
      rows += message.rows.rows;
      answer({ type: 'refused', group: message.group, reason, retryAfterSeconds: RETRY_AFTER_SECONDS[reason] });
    }
    this.#options.observer.refused(rows, reason);
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.#options.observer.failed(error);
  }
}

const NO_ROWS = new Uint32Array(0);
