import { writeVarint } from './column-writer.ts';
import type { ColumnHead, EncodedRows } from './encoded-rows.ts';

/** Copies of a piece, of some tens of nanoseconds each when they are small. */
const COPIES_PER_PIECE = 10_000;
/** Up to so many bytes a loop is faster than a view and a native copy. */
const LOOP_BYTES_MAX = 64;

/**
 * Joins groups of rows into one Native block and adds the column `batch`, the same number in every row. One block
 * means one part per partition: what is counted afterwards is all or nothing. In pieces: a hundred thousand rows that came
 * one by one are three million copies.
 */
export function* joinBlock(
  heads: readonly ColumnHead[],
  groups: readonly EncodedRows[],
  batch: bigint,
): Generator<void, Buffer> {
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const headBytes = heads.map((head) => columnHeadBytes(head.name, head.type));
  const batchHead = columnHeadBytes('batch', 'UInt64');
  const dataBytes = groups.reduce((sum, group) => sum + group.data.length, 0);
  const headTotal = headBytes.reduce((sum, head) => sum + head.length, batchHead.length);
  const block = Buffer.allocUnsafe(20 + headTotal + dataBytes + rows * 8);

  let at = writeVarint(block, 0, heads.length + 1);
  at = writeVarint(block, at, rows);
  const starts = new Float64Array(groups.length);
  let copies = 0;
  for (let column = 0; column < heads.length; column++) {
    block.set(headBytes[column]!, at);
    at += headBytes[column]!.length;
    for (let index = 0; index < groups.length; index++) {
      const { columnBytes, data } = groups[index]!;
      const start = starts[index]!;
      const end = start + columnBytes[column]!;
      copy(data, start, end, block, at);
      at += end - start;
      starts[index] = end;
      if (++copies % COPIES_PER_PIECE === 0) yield;
    }
  }
  block.set(batchHead, at);
  at += batchHead.length;
  for (let row = 0; row < rows; row++) {
    at = block.writeBigUInt64LE(batch, at);
    if (++copies % COPIES_PER_PIECE === 0) yield;
  }
  return block.subarray(0, at);
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > LOOP_BYTES_MAX) to.set(from.subarray(start, end), at);
  else for (let index = start; index < end; index++) to[at++] = from[index]!;
}

function columnHeadBytes(name: string, type: string): Buffer {
  const head = Buffer.allocUnsafe(18 + name.length * 3 + type.length * 3);
  let at = writeVarint(head, 0, Buffer.byteLength(name));
  at += head.write(name, at);
  at = writeVarint(head, at, Buffer.byteLength(type));
  at += head.write(type, at);
  if (type.startsWith('JSON')) at = head.writeBigUInt64LE(JSON_AS_TEXT, at);
  return head.subarray(0, at);
}

/**
 * What the values of a JSON column are preceded by in Native: the version of their serialization, here "each value as its
 * text" (`STRING` in ClickHouse's SerializationObject.h).
 */
const JSON_AS_TEXT = 1n;
