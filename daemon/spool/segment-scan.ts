import type { ColumnHead } from '../../src/clickhouse/native/encoded-rows.ts';
import { atOnce } from './pieces.ts';
import {
  checksumSeed,
  decodeGroup,
  FRAME_BYTES,
  type GroupRecord,
  looksDamaged,
  payloadAt,
  RecordKind,
  recordMark,
} from './record.ts';

export interface SegmentHead {
  readonly segment: string;
  /** Segment that this one is a half of; while that one exists, this one does not count. */
  readonly parent: string;
  readonly createdAt: number;
  readonly columns: readonly ColumnHead[];
}

export interface SegmentSeal {
  readonly rows: number;
}

/** What a segment file holds, valid records and the rest told apart. Pure: decides nothing, changes nothing. */
export interface SegmentScan {
  readonly columns: readonly ColumnHead[];
  readonly parent: string;
  readonly groups: readonly GroupRecord[];
  readonly sealed: boolean;
  /** Length up to and including the last valid record. */
  readonly validBytes: number;
  /** Rows that were synced once and are not readable now: bytes between or before valid records, or a lost seal count. */
  readonly damaged: boolean;
  /** Bytes after the last valid record: a write that was cut short (never acknowledged), or damage that looks like it. */
  readonly tail: 'none' | 'cut' | 'damaged';
}

/** Records of a piece, of a microsecond or two each when they are small. */
const RECORDS_PER_PIECE = 500;

/** `scanRecords` without a pause. */
export function scanSegment(bytes: Buffer, name: string, columns: readonly ColumnHead[]): SegmentScan {
  return atOnce(scanRecords(bytes, name, columns));
}

/**
 * Reads all records of a segment named `name`, in pieces. Damage in the middle never hides the valid records behind it.
 * `columns` are those of the lane, for a segment whose head is lost.
 */
export function* scanRecords(
  bytes: Buffer,
  name: string,
  columns: readonly ColumnHead[],
): Generator<void, SegmentScan> {
  const seed = checksumSeed(name);
  const groups: GroupRecord[] = [];
  let head: SegmentHead | null = null;
  let seal: SegmentSeal | null = null;
  let damaged = false;
  let validBytes = 0;
  let at = 0;
  for (let found = 1; at < bytes.length; found++) {
    if (found % RECORDS_PER_PIECE === 0) yield;
    const payload = payloadAt(bytes, at, seed);
    if (payload === null) {
      at = nextRecord(bytes, at + 1, seed);
      if (at < bytes.length) damaged = true;
      continue;
    }
    at += FRAME_BYTES + payload.length;
    validBytes = at;
    if (payload[0] === RecordKind.rows) groups.push(decodeGroup(payload));
    else if (payload[0] === RecordKind.head) head = JSON.parse(payload.toString('utf8', 1));
    else if (payload[0] === RecordKind.seal) seal = JSON.parse(payload.toString('utf8', 1));
  }
  const rows = groups.reduce((sum, group) => sum + group.rows.rows, 0);
  const tail =
    bytes.length === validBytes ? 'none' : looksDamaged(bytes, validBytes, seed) || seal !== null ? 'damaged' : 'cut';
  return {
    columns: head?.columns ?? columns,
    parent: head?.parent ?? '',
    groups,
    sealed: seal !== null,
    validBytes,
    damaged: damaged || (head === null && groups.length > 0) || (seal !== null && seal.rows !== rows),
    tail,
  };
}

/** Position of the next valid record at or after `from`, or the end. */
function nextRecord(bytes: Buffer, from: number, seed: number): number {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(recordMark(seed));
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (payloadAt(bytes, at, seed) !== null) return at;
  }
  return bytes.length;
}
