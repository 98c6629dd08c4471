/** One column of a hand-made block: its values already encoded, one buffer each. */
export interface BlockColumn {
  readonly name: string;
  readonly type: string;
  readonly values: readonly Buffer[];
}

/** A Native block as a test needs it: small, slow, independent of the encoder under test. */
export function nativeBlock(columns: readonly BlockColumn[]): Buffer {
  const rows = columns[0]?.values.length ?? 0;
  const body = columns.flatMap(({ name, type, values }) => [stringValue(name), stringValue(type), ...values]);
  return Buffer.concat([varint(columns.length), varint(rows), ...body]);
}

export function stringValue(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length), bytes]);
}

export function uint64Value(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
