import path from 'node:path';
import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';
import { type Batch, batchName, batchNumber } from './batch.ts';
import { type Disk, isNoSpace } from './disk.ts';
import type { GroupRecord } from './record.ts';
import { emptySegments, type RecoveryReport, recoverLane } from './recovery.ts';
import { SegmentWriter } from './segment-writer.ts';

export interface LaneFolders {
  /** Segments that are open, sealed, or on their way. */
  readonly segments: string;
  readonly deadLetters: string;
  readonly quarantine: string;
}

/**
 * The segments of one table, or of one shard of it: one that is written, a spare, and sealed ones in the order in which they go to ClickHouse.
 *
 * Promises: a row that was written and synced is in exactly one segment file until `forget` of its batch. Always true:
 * the folder holds a segment with the highest number ever used, so a number is never used again, not after a crash
 * either. When the disk is full: `write` throws and nothing changed, and the spare still lets the active segment be
 * sealed and flushed, which is how a full disk empties itself; a lane that opens without any room has no active segment
 * until a batch has left. When the process dies: `openLane` finds the same rows.
 */
export class Lane {
  /** Sealed batches, the oldest first. */
  readonly sealed: Batch[] = [];
  readonly folders: LaneFolders;
  /** Of the rows that are written now; a batch names those of its own. */
  readonly columns: readonly ColumnHead[];
  readonly #disk: Disk;
  readonly #now: () => number;
  #active: SegmentWriter | null = null;
  #spare: SegmentWriter | null = null;
  #lastNumber: bigint;
  #sealedBytes = 0;
  #sealedRows = 0;

  constructor(disk: Disk, folders: LaneFolders, columns: readonly ColumnHead[], lastNumber: bigint, now: () => number) {
    this.#disk = disk;
    this.folders = folders;
    this.columns = columns;
    this.#now = now;
    this.#lastNumber = lastNumber;
    this.refill();
  }

  /** What is being written; without a name and without rows while there is no room for it. */
  get active(): ActiveSegment {
    return this.#active ?? NONE;
  }

  get bytes(): number {
    return this.#sealedBytes + (this.active.rows > 0 ? this.active.bytes : 0);
  }

  /** Rows committed or being committed that are not yet proven stored. */
  get rows(): number {
    return this.#sealedRows + this.active.rows;
  }

  /** Segments that hold rows. */
  get segments(): number {
    return this.sealed.length + (this.active.rows > 0 ? 1 : 0);
  }

  /** Milliseconds since the epoch of the oldest row here, 0 when there is none. */
  get oldestRowAt(): number {
    return this.sealed[0]?.firstRowAt ?? this.active.firstRowAt;
  }

  /** Appends groups to the active segment; all or none. Returns the receipt's offset. */
  write(groups: readonly GroupRecord[]): number {
    this.#active ??= this.#create();
    return this.#active.write(groups, this.#now());
  }

  /** Takes back the last `write`, which was not synced: `groups` at `offset`. */
  takeBack(groups: readonly GroupRecord[], offset: number): void {
    this.#active!.takeBack(groups, offset);
  }

  /** Confirms what was written. */
  async sync(): Promise<void> {
    await this.#active?.sync();
  }

  /**
   * Makes the active segment the youngest batch and goes on in the spare. Not while a commit is under way. Throws when
   * there is no spare and none can be made (no room); nothing has changed then.
   */
  seal(): Batch {
    const ended = this.#active ?? this.#create();
    this.#active = this.#spare ?? this.#create();
    this.#spare = null;
    try {
      ended.seal();
    } catch {
      // No room for the seal: the rows are complete without it.
    }
    ended.close();
    const { name, file, rows, bytes, months, firstRowAt } = ended;
    const batch = { name, file, rows, bytes, months, columns: this.columns, recovered: false, firstRowAt };
    this.add(batch);
    this.refill();
    return batch;
  }

  /** Makes the active segment and the spare, whichever is missing, when there is room. */
  refill(): void {
    try {
      this.#active ??= this.#create();
      this.#spare ??= this.#create();
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    }
  }

  /** Puts a batch whose file lies in the folder behind the others (`first`: before them). */
  add(batch: Batch, first = false): void {
    if (first) this.sealed.unshift(batch);
    else this.sealed.push(batch);
    this.#sealedBytes += batch.bytes;
    this.#sealedRows += batch.rows;
  }

  /** Takes a batch out of the order; its file is the caller's to move or remove. */
  take(batch: Batch): void {
    const index = this.sealed.indexOf(batch);
    if (index < 0) return;
    this.sealed.splice(index, 1);
    this.#sealedBytes -= batch.bytes;
    this.#sealedRows -= batch.rows;
  }

  /** Removes a batch for good. Works on a full disk. */
  forget(batch: Batch): void {
    this.#disk.unlink(batch.file);
    // Or a power cut could bring back several, of which the totals would count all but one again.
    this.#disk.syncFolder(this.folders.segments);
    this.take(batch);
    this.refill();
  }

  /**
   * Numbers for `count` segments that are not written through this lane (halves of a split). A new spare above them is
   * made first, so that they are not used again once those segments are gone. Throws when there is no room.
   */
  reserve(count: number): string[] {
    const names = Array.from({ length: count }, () => this.#nextName());
    const spare = this.#create();
    if (this.#spare !== null) {
      this.#spare.close();
      this.#disk.unlink(this.#spare.file);
    }
    this.#spare = spare;
    return names;
  }

  close(): void {
    this.#active?.close();
    this.#spare?.close();
  }

  #nextName(): string {
    this.#lastNumber += 1n;
    return batchName(this.#lastNumber);
  }

  #create(): SegmentWriter {
    return new SegmentWriter(this.#disk, this.folders.segments, this.#nextName(), this.columns, this.#now());
  }
}

type ActiveSegment = Readonly<Pick<SegmentWriter, 'name' | 'rows' | 'bytes' | 'firstRowAt' | 'keys'>>;

const NONE: ActiveSegment = { name: '', rows: 0, bytes: 0, firstRowAt: 0, keys: [] };

/**
 * Opens a lane over whatever its folder holds. Every segment found becomes a batch that must be verified; the lane goes
 * on in a new one. `firstNumber` is the number before the first segment of a spool that is empty.
 */
export function openLane(
  disk: Disk,
  folder: string,
  columns: readonly ColumnHead[],
  firstNumber: bigint,
  now: () => number,
): { lane: Lane; report: RecoveryReport } {
  const folders: LaneFolders = {
    segments: folder,
    deadLetters: path.join(folder, 'deadletter'),
    quarantine: path.join(folder, 'quarantine'),
  };
  for (const each of Object.values(folders)) disk.makeFolder(each);
  const report = recoverLane(disk, folders.segments, folders.quarantine, columns);
  const useless = emptySegments(disk, folders.segments, report);
  const last = report.lastName === '' ? firstNumber : batchNumber(report.lastName);
  const lane = new Lane(disk, folders, columns, last, now);
  // Without a newer segment they keep the count: the highest number may be theirs.
  if (lane.active.name !== '') for (const file of useless) disk.unlink(file);
  for (const batch of report.batches) lane.add(batch);
  return { lane, report };
}
