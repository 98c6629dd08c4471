import path from 'node:path';
import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';
import type { Batch } from './batch.ts';
import type { Disk } from './disk.ts';
import { type SegmentScan, scanSegment } from './segment-scan.ts';

/** A segment, and the deduplication keys in it: those of all segments together could be more than memory holds. */
export interface SegmentKeys {
  readonly segment: string;
  readonly keys: readonly string[];
}

/** What recovery found and did, for the log and the counters. */
export interface RecoveryReport {
  readonly batches: Batch[];
  /** The recovered segments that have deduplication keys, oldest first. Keys are read from the disk each time they are asked for. */
  readonly keys: SegmentKeys[];
  /** Highest segment name seen, also of removed ones; empty when the folder is empty. */
  readonly lastName: string;
  /** Segments with damage; each lies in the quarantine too. Their readable rows go on. */
  readonly quarantined: string[];
  /** Segments whose last write was cut short by a crash: those rows were never acknowledged. */
  readonly cut: string[];
}

const SEGMENT_NAME = /^([0-9a-f]{16})\.seg$/;

/**
 * Reads what a lane's folder holds after any kind of end. Every readable row becomes part of a batch again, in the
 * order of the segments. Nothing that could hold an acknowledged row is removed: what is damaged is kept in `quarantine`
 * too, and what cannot be read at all is moved there. `columns`: of a segment that lost its head. Halves of a split whose parent still exists are removed (they were never sent).
 */
export function recoverLane(
  disk: Disk,
  folder: string,
  quarantine: string,
  columns: readonly ColumnHead[],
): RecoveryReport {
  const names: string[] = [];
  for (const file of disk.list(folder).sort()) {
    const match = SEGMENT_NAME.exec(file);
    if (match) names.push(match[1]!);
    else if (file.endsWith('.part')) disk.unlink(path.join(folder, file));
  }
  const report: RecoveryReport = { batches: [], keys: [], lastName: names.at(-1) ?? '', quarantined: [], cut: [] };
  for (const name of names) {
    const file = path.join(folder, `${name}.seg`);
    // A killed process may have left rows that were never synced. From now on they count, and so do their client ids.
    disk.syncFile(file);
    const bytes = tryRead(disk, file);
    if (bytes === null) {
      setAside(disk, file, quarantine);
      report.quarantined.push(name);
      continue;
    }
    const scan = scanSegment(bytes, name, columns);
    if (scan.damaged || scan.tail === 'damaged') {
      keep(disk, file, quarantine);
      report.quarantined.push(name);
    } else if (scan.tail === 'cut') {
      report.cut.push(name);
    }
    if (names.includes(scan.parent)) disk.unlink(file);
    else if (scan.groups.length > 0) {
      report.batches.push(toBatch(name, file, bytes.length, scan, disk.modifiedAt(file)));
      if (scan.groups.some(({ keys }) => keys.length > 0)) report.keys.push(keysLater(disk, file, name, columns));
    }
  }
  return report;
}

function keysLater(disk: Disk, file: string, segment: string, columns: readonly ColumnHead[]): SegmentKeys {
  return {
    segment,
    get keys() {
      const bytes = tryRead(disk, file);
      return bytes === null ? [] : scanSegment(bytes, segment, columns).groups.flatMap((group) => group.keys);
    },
  };
}

/** The batches of a lane in their order, and where it keeps what is damaged. */
export interface BatchOrder {
  readonly folders: { readonly quarantine: string };
  take(batch: Batch): void;
  add(batch: Batch, first: boolean): void;
}

/**
 * Takes a batch whose segment turned out to be damaged out of the order, keeps it in the quarantine, and puts what can
 * still be read in its place. Null: nothing can.
 */
export function quarantineBatch(disk: Disk, lane: BatchOrder, batch: Batch): Batch | null {
  const { quarantine } = lane.folders;
  lane.take(batch);
  const bytes = tryRead(disk, batch.file);
  const scan = bytes === null ? null : scanSegment(bytes, batch.name, batch.columns);
  if (bytes === null || scan === null || scan.groups.length === 0) {
    setAside(disk, batch.file, quarantine);
    return null;
  }
  keep(disk, batch.file, quarantine);
  const rest = toBatch(batch.name, batch.file, bytes.length, scan, batch.firstRowAt);
  lane.add(rest, true);
  return rest;
}

/** Names of segments without a single row: of no use once a newer segment keeps the count. */
export function emptySegments(disk: Disk, folder: string, report: RecoveryReport): string[] {
  const kept = new Set(report.batches.map((batch) => batch.name));
  return disk.list(folder).flatMap((file) => {
    const name = SEGMENT_NAME.exec(file)?.[1];
    return name !== undefined && !kept.has(name) ? [path.join(folder, file)] : [];
  });
}

/** A scanned segment as a batch to be verified before anything is inserted. */
export function toBatch(name: string, file: string, bytes: number, scan: SegmentScan, firstRowAt: number): Batch {
  const months = new Map<number, number>();
  let rows = 0;
  for (const group of scan.groups) {
    rows += group.rows.rows;
    for (let at = 0; at < group.months.length; at += 2) {
      const month = group.months[at]!;
      months.set(month, (months.get(month) ?? 0) + group.months[at + 1]!);
    }
  }
  return { name, file, rows, bytes, months, columns: scan.columns, recovered: true, firstRowAt };
}

/** The disk may give the file back one day: to be tried again, it is moved back. */
function setAside(disk: Disk, file: string, quarantine: string): void {
  disk.rename(file, path.join(quarantine, path.basename(file)));
  disk.syncFolder(quarantine);
  disk.syncFolder(path.dirname(file));
}

/** Null: the disk does not give the bytes. Only reading is forgiven; whoever may not read at all hears of it. */
function tryRead(disk: Disk, file: string): Buffer | null {
  try {
    return disk.read(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return null;
    throw error;
  }
}

/**
 * Keeps a damaged segment for people to look at, once. A second name of the same file: it needs no room, is there whole or
 * not at all, and outlives the segment.
 */
function keep(disk: Disk, file: string, quarantine: string): void {
  if (disk.list(quarantine).includes(path.basename(file))) return;
  disk.link(file, path.join(quarantine, path.basename(file)));
  disk.syncFolder(quarantine);
}
