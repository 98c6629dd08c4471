import path from 'node:path';
import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';
import type { Disk } from './disk.ts';
import { checksumSeed, encodeGroup, encodeJsonRecord, type GroupRecord, RecordKind } from './record.ts';
import type { SegmentHead, SegmentSeal } from './segment-scan.ts';

/**
 * The one segment of a lane that is being appended to.
 *
 * Promises: after `write` resolved and `sync` resolved, the groups are on disk. Always true: `bytes` is the length of
 * the file; what lies before it is whole records. When the disk is full `write` takes back the part it wrote and
 * throws; when even that fails, the file is not to be trusted and the error says so (`SegmentBroken`).
 */
export class SegmentWriter {
  readonly name: string;
  readonly file: string;
  bytes = 0;
  rows = 0;
  readonly months = new Map<number, number>();
  /** Deduplication keys in it, in order. */
  readonly keys: string[] = [];
  /** When its first row came (milliseconds), 0 while empty. */
  firstRowAt = 0;
  readonly #disk: Disk;
  readonly #fd: number;
  readonly #seed: number;

  constructor(disk: Disk, folder: string, name: string, columns: readonly ColumnHead[], now: number, parent = '') {
    this.#disk = disk;
    this.name = name;
    this.file = path.join(folder, segmentFile(name));
    this.#seed = checksumSeed(name);
    const head: SegmentHead = { segment: name, parent, createdAt: now, columns };
    const record = encodeJsonRecord(RecordKind.head, head, this.#seed);
    this.#fd = disk.create(this.file);
    try {
      disk.append(this.#fd, [record]);
      disk.syncFolder(folder);
    } catch (error) {
      disk.close(this.#fd);
      disk.unlink(this.file);
      throw error;
    }
    this.bytes = record.length;
  }

  /** Appends groups; all of them or none. Returns the offset of the first. */
  write(groups: readonly GroupRecord[], now: number): number {
    const offset = this.bytes;
    this.#append(groups.flatMap((group) => encodeGroup(group, this.#seed)));
    if (this.firstRowAt === 0) this.firstRowAt = now;
    for (const group of groups) {
      this.rows += group.rows.rows;
      for (const key of group.keys) this.keys.push(key);
      for (let at = 0; at < group.months.length; at += 2) {
        const month = group.months[at]!;
        this.months.set(month, (this.months.get(month) ?? 0) + group.months[at + 1]!);
      }
    }
    return offset;
  }

  /** Takes back the last `write`, of `groups` at `offset`, which was not synced. Throws `SegmentBroken` when it cannot. */
  takeBack(groups: readonly GroupRecord[], offset: number): void {
    try {
      this.#disk.truncate(this.#fd, offset);
    } catch (cause) {
      throw new SegmentBroken(this.file, { cause });
    }
    this.bytes = offset;
    for (const group of groups) {
      this.rows -= group.rows.rows;
      this.keys.length -= group.keys.length;
      for (let at = 0; at < group.months.length; at += 2) {
        const month = group.months[at]!;
        const rest = this.months.get(month)! - group.months[at + 1]!;
        if (rest === 0) this.months.delete(month);
        else this.months.set(month, rest);
      }
    }
    if (this.rows === 0) this.firstRowAt = 0;
  }

  /** Rejects when the disk could not confirm: what was written since the last sync must never be acknowledged. */
  sync(): Promise<void> {
    return this.#disk.sync(this.#fd);
  }

  /** Ends the segment. Its seal need not be synced: without it, recovery finds the same rows. */
  seal(): void {
    const seal: SegmentSeal = { rows: this.rows };
    this.#append([encodeJsonRecord(RecordKind.seal, seal, this.#seed)]);
  }

  close(): void {
    this.#disk.close(this.#fd);
  }

  #append(pieces: readonly Uint8Array[]): void {
    try {
      this.#disk.append(this.#fd, pieces);
    } catch (error) {
      try {
        this.#disk.truncate(this.#fd, this.bytes);
      } catch (truncateError) {
        throw new SegmentBroken(this.file, { cause: new AggregateError([error, truncateError]) });
      }
      throw error;
    }
    for (const piece of pieces) this.bytes += piece.length;
  }
}

/** A write failed and could not be taken back: the daemon stops and recovery decides at the next start. */
export class SegmentBroken extends Error {
  constructor(file: string, options: ErrorOptions) {
    super(`cannot take back a failed write to ${file}`, options);
    this.name = 'SegmentBroken';
  }
}

export function segmentFile(name: string): string {
  return `${name}.seg`;
}
