import path from 'node:path';
import type { Batch } from '../spool/batch.ts';
import type { Disk } from '../spool/disk.ts';
import type { Lane } from '../spool/lane.ts';
import { checksumSeed, encodeGroup, encodeJsonRecord, type GroupRecord, RecordKind } from '../spool/record.ts';
import { toBatch } from '../spool/recovery.ts';
import { type SegmentHead, type SegmentSeal, scanSegment } from '../spool/segment-scan.ts';
import { segmentFile } from '../spool/segment-writer.ts';

/**
 * Replaces a batch by `halves` of its rows, as new batches in its place in the order. Its other rows are stored.
 *
 * Promises: after a crash at any point either the parent or the halves count, never both: a half names its parent, and
 * recovery removes a half whose parent is still there. The halves are complete on disk before the parent goes. Throws
 * when there is no room; the parent is then untouched and no half is left, so it may be tried again.
 */
export async function splitBatch(
  disk: Disk,
  lane: Lane,
  batch: Batch,
  halves: readonly GroupRecord[],
  now: number,
): Promise<Batch[]> {
  const names = lane.reserve(halves.length);
  const files: string[] = [];
  try {
    for (const [index, half] of halves.entries()) {
      files.push(await writeHalf(disk, lane.folders.segments, names[index]!, batch, half, now));
    }
    disk.syncFolder(lane.folders.segments);
  } catch (error) {
    // A half that outlived this attempt would count beside those of the next, or beside the table once the parent is gone.
    for (const file of files) disk.unlink(file);
    disk.syncFolder(lane.folders.segments);
    throw error;
  }
  lane.forget(batch);
  const batches = files.map((file, index) => {
    const bytes = disk.read(file);
    const name = names[index]!;
    return {
      ...toBatch(name, file, bytes.length, scanSegment(bytes, name, batch.columns), batch.firstRowAt),
      recovered: false,
    };
  });
  for (const half of batches.toReversed()) lane.add(half, true);
  return batches;
}

async function writeHalf(
  disk: Disk,
  folder: string,
  name: string,
  parent: Batch,
  group: GroupRecord,
  now: number,
): Promise<string> {
  const seed = checksumSeed(name);
  const head: SegmentHead = { segment: name, parent: parent.name, createdAt: now, columns: parent.columns };
  const seal: SegmentSeal = { rows: group.rows.rows };
  const file = path.join(folder, segmentFile(name));
  const partial = `${file}.part`;
  const fd = disk.create(partial);
  try {
    disk.append(fd, [
      encodeJsonRecord(RecordKind.head, head, seed),
      ...encodeGroup(group, seed),
      encodeJsonRecord(RecordKind.seal, seal, seed),
    ]);
    await disk.sync(fd);
    disk.rename(partial, file);
  } catch (error) {
    disk.unlink(partial);
    throw error;
  } finally {
    disk.close(fd);
  }
  return file;
}
