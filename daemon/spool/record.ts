import { crc32 } from 'node:zlib';
import type { EncodedRows } from '../../src/clickhouse/native/encoded-rows.ts';

/**
 * The bytes of a segment: records one after another, each framed as
 *
 *     mark u32 · payload length u32 · checksum u32 · payload (first byte: kind)      all little-endian
 *
 * `head` (JSON, first): which segment this is and which columns its rows have. `rows`: one group of a commit. `seal`
 * (JSON, last): what a complete segment holds; nothing follows it.
 *
 * The checksum is CRC-32 (zlib's, which Node computes natively at memory speed; a CRC-32C would have to be ours and in
 * JavaScript) over the payload. Mark and checksum are both seeded with the segment's name, which holds random bits that no
 * sender of an event is told: no text inside an event can pass for a record when recovery searches for the next valid one,
 * nor make that search slow by looking like many beginnings.
 */
export const FRAME_BYTES = 12;
const ROWS_FIXED_BYTES = 20;
export const KEY_BYTES = 16;
/** Above this a length field is damage, not a record: far over the largest group (`GROUP_BYTES_MAX` in client.ts). */
export const RECORD_BYTES_MAX = 256 * 1024 * 1024;

export const RecordKind = { head: 1, rows: 2, seal: 3 } as const;

/** One group of rows as it lies in a segment. */
export interface GroupRecord {
  readonly rows: EncodedRows;
  /** Month (YYYYMM) and rows, in turn. */
  readonly months: Uint32Array;
  /** Deduplication keys of the client-given ids in it, `KEY_BYTES` latin-1 characters each. */
  readonly keys: readonly string[];
}

/** Seed of the marks and checksums in a segment. */
export function checksumSeed(segmentName: string): number {
  return crc32(segmentName);
}

/** The four bytes with which every record of a segment begins. */
export function recordMark(seed: number): number {
  return crc32('record', seed);
}

/** A JSON record (`head` or `seal`) as bytes. */
export function encodeJsonRecord(kind: number, value: unknown, seed: number): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const record = Buffer.allocUnsafe(FRAME_BYTES + 1 + json.length);
  record[FRAME_BYTES] = kind;
  json.copy(record, FRAME_BYTES + 1);
  frame(record, record.length - FRAME_BYTES, crc32(record.subarray(FRAME_BYTES), seed), seed);
  return record;
}

/** A group as the two pieces to write: everything before the values, and the values (not copied). */
export function encodeGroup(group: GroupRecord, seed: number): [Buffer, Uint8Array] {
  const { rows, months, keys } = group;
  const columns = rows.columnBytes.length;
  const metaBytes = ROWS_FIXED_BYTES + (months.length + columns) * 4 + keys.length * KEY_BYTES;
  const head = Buffer.allocUnsafe(FRAME_BYTES + metaBytes);
  let at = FRAME_BYTES;
  at = head.writeUInt32LE(RecordKind.rows, at);
  at = head.writeUInt32LE(rows.rows, at);
  at = head.writeUInt32LE(months.length, at);
  at = head.writeUInt32LE(columns, at);
  at = head.writeUInt32LE(keys.length, at);
  for (const value of months) at = head.writeUInt32LE(value, at);
  for (const value of rows.columnBytes) at = head.writeUInt32LE(value, at);
  for (const key of keys) at += head.write(key, at, 'latin1');
  const checksum = crc32(rows.data, crc32(head.subarray(FRAME_BYTES), seed));
  frame(head, metaBytes + rows.data.length, checksum, seed);
  return [head, rows.data];
}

function frame(record: Buffer, payloadBytes: number, checksum: number, seed: number): void {
  record.writeUInt32LE(recordMark(seed), 0);
  record.writeUInt32LE(payloadBytes, 4);
  record.writeUInt32LE(checksum, 8);
}

/** The payload of the record at `at`, or null when there is no valid one. */
export function payloadAt(bytes: Buffer, at: number, seed: number): Buffer | null {
  if (at + FRAME_BYTES >= bytes.length || bytes.readUInt32LE(at) !== recordMark(seed)) return null;
  const length = bytes.readUInt32LE(at + 4);
  const end = at + FRAME_BYTES + length;
  if (length === 0 || length > RECORD_BYTES_MAX || end > bytes.length) return null;
  const payload = bytes.subarray(at + FRAME_BYTES, end);
  return crc32(payload, seed) === bytes.readUInt32LE(at + 8) ? payload : null;
}

/**
 * Whether what lies at `at`, no valid record, was one once. A write that was cut short leaves the beginning of a record,
 * or zeros where its pages never came; a record that was made longer by damage cannot be told from that.
 */
export function looksDamaged(bytes: Buffer, at: number, seed: number): boolean {
  if (at + FRAME_BYTES > bytes.length) return false;
  const mark = bytes.readUInt32LE(at);
  if (mark !== recordMark(seed)) return mark !== 0;
  return at + FRAME_BYTES + bytes.readUInt32LE(at + 4) <= bytes.length;
}

/** Reads a `rows` payload whose checksum held. The values are a view into `payload`. */
export function decodeGroup(payload: Buffer): GroupRecord {
  let at = 4;
  const read = () => {
    const value = payload.readUInt32LE(at);
    at += 4;
    return value;
  };
  const [rows, monthValues, columns, keyCount] = [read(), read(), read(), read()];
  const readAll = (length: number) => {
    const values = new Uint32Array(length);
    for (let index = 0; index < length; index++) values[index] = read();
    return values;
  };
  const months = readAll(monthValues);
  const columnBytes = readAll(columns);
  const keysEnd = at + keyCount * KEY_BYTES;
  const keyBytes = payload.subarray(at, keysEnd);
  return {
    rows: { rows, columnBytes, data: payload.subarray(keysEnd) },
    months,
    // Read again only after a crash: a flush has no use for them.
    get keys() {
      return Array.from({ length: keyCount }, (_, key) =>
        keyBytes.toString('latin1', key * KEY_BYTES, (key + 1) * KEY_BYTES),
      );
    },
  };
}
