import { joinBlock } from '../../src/clickhouse/native/block.ts';
import { type ColumnHead, type EncodedRows, idColumn, timeColumn } from '../../src/clickhouse/native/encoded-rows.ts';
import { filterRows, readInt64Column, readUuidColumn } from '../../src/clickhouse/native/filter.ts';
import { type Batch, batchNumber } from '../spool/batch.ts';
import type { Disk } from '../spool/disk.ts';
import { MonthCounter, monthCounts } from '../spool/months.ts';
import { inPieces } from '../spool/pieces.ts';
import type { GroupRecord } from '../spool/record.ts';
import { scanRecords } from '../spool/segment-scan.ts';
import type { StoredIds } from './target.ts';

/** Which rows of a batch to take: those of some months, without those that `stored` has, the first so many of each. */
export interface Selection {
  readonly months: readonly number[];
  readonly stored?: StoredIds;
  readonly rowsMax?: number;
}

/**
 * The Native block of a batch, or of a part of it. Reads the segment anew each time: bytes on disk are the truth. Commits
 * go on meanwhile.
 */
export async function readBlock(
  disk: Disk,
  batch: Batch,
  selection: Selection,
): Promise<{ block: Buffer; rows: number }> {
  const { columns, groups } = await readGroups(disk, batch);
  const rows = selectRows(columns, groups, batch, selection);
  return {
    block: await inPieces(joinBlock(columns, rows, batchNumber(batch.name))),
    rows: rows.reduce((sum, group) => sum + group.rows, 0),
  };
}

/** The selected rows in two halves (one, when there is a single row), each as the one group of a new segment. */
export async function readHalves(disk: Disk, batch: Batch, selection: Selection): Promise<GroupRecord[]> {
  const { columns, groups } = await readGroups(disk, batch);
  const selected = selectRows(columns, groups, batch, selection);
  const total = selected.reduce((sum, group) => sum + group.rows, 0);
  const middle = Math.ceil(total / 2);
  const halves: EncodedRows[][] = [[], []];
  let seen = 0;
  for (const group of selected) {
    const cut = Math.min(Math.max(middle - seen, 0), group.rows);
    halves[0]!.push(filterRows(columns, group, (row) => row < cut));
    halves[1]!.push(filterRows(columns, group, (row) => row >= cut));
    seen += group.rows;
  }
  return halves
    .map((half) => concatenate(columns, half))
    .filter((rows) => rows.rows > 0)
    .map((rows) => ({ rows, months: monthCounts(readInt64Column(columns, rows, timeColumn(columns))), keys: [] }));
}

/** The segment cannot be read any more, or not all of it. The disk is damaged; what is left is for `quarantine` to find. */
export class SegmentUnreadable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SegmentUnreadable';
  }
}

async function readGroups(
  disk: Disk,
  batch: Batch,
): Promise<{ columns: readonly ColumnHead[]; groups: EncodedRows[] }> {
  const scan = await inPieces(scanRecords(readSegment(disk, batch), batch.name, batch.columns));
  const groups = scan.groups.map((group) => group.rows);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== batch.rows) {
    throw new SegmentUnreadable(`segment ${batch.name} held ${batch.rows} rows and now reads as ${rows}`);
  }
  return { columns: scan.columns, groups };
}

function readSegment(disk: Disk, batch: Batch): Buffer {
  try {
    return disk.read(batch.file);
  } catch (cause) {
    throw new SegmentUnreadable(`segment ${batch.name} cannot be read: ${cause}`, { cause });
  }
}

function selectRows(
  columns: readonly ColumnHead[],
  groups: EncodedRows[],
  batch: Batch,
  { months, stored = new Map(), rowsMax = Number.POSITIVE_INFINITY }: Selection,
): EncodedRows[] {
  const isWhole = months.every((month) => batch.months.get(month)! <= rowsMax);
  if (stored.size === 0 && isWhole && months.length === batch.months.size) return groups;
  const room = new Map(months.map((month) => [month, rowsMax]));
  const left = new Map([...stored].map(([month, ids]) => [month, new Map(ids)]));
  return groups.map((group) => {
    const monthOf = rowMonths(readInt64Column(columns, group, timeColumn(columns)));
    const ids = stored.size === 0 ? [] : readUuidColumn(columns, group, idColumn(columns));
    return filterRows(columns, group, (row) => {
      const month = monthOf[row]!;
      const free = room.get(month) ?? 0;
      if (free === 0 || takeId(left.get(month), ids[row])) return false;
      room.set(month, free - 1);
      return true;
    });
  });
}

/** Whether `id` is there; each call takes one. Of rows that share an id the first are stored: a cut takes the end. */
function takeId(left: Map<string, number> | undefined, id: string | undefined): boolean {
  const count = (id !== undefined && left?.get(id)) || 0;
  if (count > 0) left!.set(id!, count - 1);
  return count > 0;
}

function rowMonths(times: Float64Array): number[] {
  const counter = new MonthCounter();
  return Array.from(times, (time) => counter.add(time));
}

function concatenate(columns: readonly ColumnHead[], parts: readonly EncodedRows[]): EncodedRows {
  const columnBytes = new Uint32Array(columns.length);
  const pieces: Uint8Array[] = [];
  const starts = parts.map(() => 0);
  columns.forEach((_, column) => {
    parts.forEach((part, index) => {
      const end = starts[index]! + part.columnBytes[column]!;
      pieces.push(part.data.subarray(starts[index]!, end));
      columnBytes[column]! += part.columnBytes[column]!;
      starts[index] = end;
    });
  });
  return { rows: parts.reduce((sum, part) => sum + part.rows, 0), columnBytes, data: Buffer.concat(pieces) };
}
