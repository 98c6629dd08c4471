import { timeColumn } from '../../src/clickhouse/native/encoded-rows.ts';
import { filterRows, readInt64Column } from '../../src/clickhouse/native/filter.ts';
import type { Dedup } from './dedup.ts';
import { isNoSpace } from './disk.ts';
import type { Lane } from './lane.ts';
import { monthCounts } from './months.ts';
import type { AppendMessage, AppendPart, SpoolAnswer, SpoolRefusal } from './protocol.ts';
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
  /** By the index that parts of a group name. */
  readonly lanes: readonly Lane[];
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

/** What one commit writes to one lane. */
interface LaneWrite {
  readonly lane: Lane;
  readonly records: GroupRecord[];
  /** Where it begins. */
  offset: number;
}

/**
 * Bytes of values that one commit writes, but for a single group. A segment is sealed between two commits, so it grows no
 * further than this over its limit, however much came during a sync that took minutes: it is read back as one buffer.
 */
const COMMIT_BYTES_MAX = 64 * 1024 * 1024;

/** Said with every refusal: long enough not to be hammered, short enough that clients come back in time. */
const RETRY_AFTER_SECONDS: Record<SpoolRefusal, number> = { spool_full: 5, disk_full: 5, stopping: 1 };

/**
 * Group commit: the only writer of the lanes of a table.
 *
 * Promises: `committed` is answered after the rows (and those they duplicate) are synced in every lane that got some, never
 * before. Always true: at most one write-and-sync runs; what arrives meanwhile forms the next, so groups grow with the
 * disk's latency and no timer is needed. When there is no room the whole group is refused and no lane keeps any of it. When a sync fails, or
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
        const waiting = this.#takeWaiting();
        if (waiting.length > 0) await this.#commit(waiting);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The groups that came first, as many as one commit may write; at least one, when there is any. */
  #takeWaiting(): readonly Waiting[] {
    const waiting = this.#waiting;
    let bytes = 0;
    const end = waiting.findIndex(({ message }, index) => {
      for (const { rows } of message.parts) bytes += rows.data.length;
      return index > 0 && bytes > COMMIT_BYTES_MAX;
    });
    this.#waiting = end === -1 ? [] : waiting.slice(end);
    return end === -1 ? waiting : waiting.slice(0, end);
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const { lanes, observer, refusal, now } = this.#options;
    const reason = refusal();
    if (reason !== null) return this.#refuse(waiting, reason);
    const startedAt = now();
    const writes = lanes.map((lane): LaneWrite => ({ lane, records: [], offset: lane.active.bytes }));
    const duplicates = waiting.map(({ message }) => this.#distribute(message, writes));
    const due = writes.filter(({ records }) => records.length > 0);
    try {
      this.#write(due);
    } catch (error) {
      this.#options.dedup.release(due.flatMap(({ records }) => records.flatMap((record) => record.keys)));
      if (error instanceof SegmentBroken || !isNoSpace(error)) return this.#fail(error);
      // What was taken back must not come back with the power.
      if (due.length > 1 && !(await this.#sync(due))) return;
      return this.#refuse(waiting, 'disk_full');
    }
    if (!(await this.#sync(due))) return;
    const rows = due.reduce((sum, { records }) => sum + records.reduce((own, record) => own + record.rows.rows, 0), 0);
    const bytes = due.reduce((sum, { lane, offset }) => sum + lane.active.bytes - offset, 0);
    const repeated = duplicates.reduce((sum, numbers) => sum + numbers.length, 0);
    observer.committed(rows, repeated, bytes, now() - startedAt);
    const { lane, offset } = due[0] ?? writes[0]!;
    waiting.forEach(({ message, answer }, index) => {
      const { group } = message;
      answer({ type: 'committed', group, segment: lane.active.name, offset, duplicates: duplicates[index]! });
    });
  }

  /** False: the disk could not confirm, which is told. */
  async #sync(writes: readonly LaneWrite[]): Promise<boolean> {
    try {
      await Promise.all(writes.map(({ lane }) => lane.sync()));
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Writes to every lane or to none. */
  #write(writes: readonly LaneWrite[]): void {
    const written: LaneWrite[] = [];
    try {
      for (const write of writes) {
        write.offset = write.lane.write(write.records);
        written.push(write);
      }
    } catch (error) {
      for (const { lane, records, offset } of written) lane.takeBack(records, offset);
      throw error;
    }
  }

  /** Adds what is new in the group to the lanes' writes; returns which of its rows are duplicates. */
  #distribute({ parts }: AppendMessage, writes: readonly LaneWrite[]): Uint32Array {
    const [first] = parts;
    if (parts.length === 1) return this.#take(first!, writes);
    return Uint32Array.from(parts.flatMap((part) => [...this.#take(part, writes)])).sort();
  }

  #take(part: AppendPart, writes: readonly LaneWrite[]): Uint32Array {
    const { records, lane } = writes[part.lane]!;
    const fresh: string[] = [];
    const repeated: number[] = [];
    part.keys.forEach((key, index) => {
      if (this.#options.dedup.claim(key)) fresh.push(key);
      else repeated.push(index);
    });
    if (repeated.length === 0) {
      const { rows, months, keys } = part;
      records.push({ rows, months, keys });
      return NO_ROWS;
    }
    const dropped = new Set(repeated.map((index) => part.keyRows[index]!));
    const { columns } = lane;
    const rows = filterRows(columns, part.rows, (row) => !dropped.has(row));
    const months = monthCounts(readInt64Column(columns, rows, timeColumn(columns)));
    if (rows.rows > 0) records.push({ rows, months, keys: fresh });
    return Uint32Array.from(repeated, (index) => part.keyNumbers[index]!);
  }

  #refuse(waiting: readonly Waiting[], reason: SpoolRefusal): void {
    let rows = 0;
    for (const { message, answer } of waiting) {
      for (const part of message.parts) rows += part.rows.rows;
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
