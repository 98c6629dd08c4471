import { type DecodedRow, decodeRows } from '../../../support/events.ts';

/** A Native block taken apart in the plainest way: names, types and rows. Knows what the encoder may write and no more. */
export function decodeBlock(block: Uint8Array): { types: string[]; rows: DecodedRow[] } {
  const bytes = Buffer.from(block);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = varint();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const columns = varint();
  const rows: Record<string, DecodedRow[string]>[] = Array.from({ length: varint() }, () => ({}));
  const types: string[] = [];
  for (let column = 0; column < columns; column++) {
    const head = { name: text(), type: text() };
    types.push(`${head.name} ${head.type}`);
    if (head.type.startsWith('JSON')) at += 8;
    for (const row of rows) {
      const [value, size] = firstValue(head, bytes.subarray(at));
      row[head.name] = value;
      at += size;
    }
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last column`);
  return { types, rows };
}

function firstValue(head: { name: string; type: string }, bytes: Buffer): [DecodedRow[string], number] {
  const size = sizeOfFirst(head.type, bytes);
  const data = bytes.subarray(0, size);
  return [decodeRows([head], { rows: 1, columnBytes: Uint32Array.of(size), data })[0]![head.name]!, size];
}

function sizeOfFirst(type: string, bytes: Buffer): number {
  if (type === 'UInt8') return 1;
  if (type === 'UUID') return 16;
  if (type !== 'String' && !type.startsWith('JSON')) return 8;
  let length = 0;
  let at = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++]!;
    length += (byte & 127) * factor;
    if (byte < 128) return at + length;
  }
}
