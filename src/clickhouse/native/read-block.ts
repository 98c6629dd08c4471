import { valueWidth } from './encoded-rows.ts';

/** One column of a Native block: where its values begin, and how wide each is (0: a length before it). */
export interface BlockColumn {
  readonly name: string;
  readonly type: string;
  readonly start: number;
  readonly width: number;
}

export interface ReadBlock {
  readonly rows: number;
  readonly columns: readonly BlockColumn[];
}

/** Position behind a varint, and its value. */
export interface Varint {
  readonly value: number;
  readonly end: number;
}

/** Bytes before the values of a JSON column: the version of their serialization. */
const JSON_HEAD_BYTES = 8;
/** Texts whose lengths are read in one piece. */
const LENGTHS_PER_PIECE = 100_000;

/**
 * Finds the columns of a block that `joinBlock` wrote. In pieces: where a column of texts ends is known only when each
 * length was read. Throws for a type that we never write.
 */
export function* readBlock(block: Uint8Array): Generator<void, ReadBlock> {
  const count = readVarint(block, 0);
  const rows = readVarint(block, count.end);
  const columns: BlockColumn[] = [];
  let at = rows.end;
  let read = 0;
  for (let column = 0; column < count.value; column++) {
    const name = readText(block, at);
    const type = readText(block, name.end);
    const start = type.end + (type.text.startsWith('JSON') ? JSON_HEAD_BYTES : 0);
    const width = valueWidth(type.text);
    columns.push({ name: name.text, type: type.text, start, width });
    if (width > 0) {
      at = start + width * rows.value;
      continue;
    }
    at = start;
    for (let row = 0; row < rows.value; row++) {
      const length = readVarint(block, at);
      at = length.end + length.value;
      if (++read % LENGTHS_PER_PIECE === 0) yield;
    }
  }
  return { rows: rows.value, columns };
}

/** Reads an unsigned LEB128 number. */
export function readVarint(block: Uint8Array, at: number): Varint {
  let value = 0;
  let factor = 1;
  let end = at;
  for (;;) {
    const byte = block[end++]!;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, end };
    factor *= 128;
  }
}

function readText(block: Uint8Array, at: number): { readonly text: string; readonly end: number } {
  const { value, end } = readVarint(block, at);
  return { text: Buffer.from(block.buffer, block.byteOffset + end, value).toString(), end: end + value };
}
