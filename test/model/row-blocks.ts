import { monthCounts } from '../../daemon/spool/months.ts';
import type { GroupRecord } from '../../daemon/spool/record.ts';
import type { ColumnHead, EncodedRows } from '../../src/clickhouse/native/encoded-rows.ts';
import { readInt64Column, readUuidColumn } from '../../src/clickhouse/native/filter.ts';
import type { ModelRow } from './clickhouse-model.ts';

/** Rows of the simulation as the spool keeps them: an id, a time, and a flag in place of all that can be wrong. */
export const ROW_HEADS: readonly ColumnHead[] = [
  { name: 'event_id', type: 'UUID' },
  { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
  { name: 'poison', type: 'UInt8' },
];
const ROW_BYTES = 16 + 8 + 1;

type Row = Omit<ModelRow, 'batch'>;

export function encodeGroup(rows: readonly Row[]): GroupRecord {
  const count = rows.length;
  const data = Buffer.alloc(count * ROW_BYTES);
  rows.forEach(({ id, month, poison }, index) => {
    const uuid = Buffer.from(uuidOf(id).replaceAll('-', ''), 'hex');
    // Two little-endian halves.
    uuid.subarray(0, 8).reverse();
    uuid.subarray(8, 16).reverse();
    uuid.copy(data, index * 16);
    data.writeBigInt64LE(
      BigInt(Date.UTC(Math.floor(month / 100), (month % 100) - 1, 1 + index)),
      count * 16 + index * 8,
    );
    data[count * 24 + index] = poison ? 1 : 0;
  });
  const encoded = { rows: count, columnBytes: Uint32Array.of(count * 16, count * 8, count), data };
  return { rows: encoded, months: monthCounts(readInt64Column(ROW_HEADS, encoded, 'occurred_at')), keys: [] };
}

/** The `event_id` of a row: its short id in ASCII, zeros before it. */
export function uuidOf(id: string): string {
  const hex = Buffer.from(id, 'latin1').toString('hex').padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function decodeRows(rows: EncodedRows): Row[] {
  const times = readInt64Column(ROW_HEADS, rows, 'occurred_at');
  const flags = rows.data.subarray(rows.columnBytes[0]! + rows.columnBytes[1]!);
  return readUuidColumn(ROW_HEADS, rows, 'event_id').map((uuid, row) => {
    const time = new Date(times[row]!);
    return {
      id: Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1').replaceAll('\0', ''),
      month: time.getUTCFullYear() * 100 + time.getUTCMonth() + 1,
      poison: flags[row] === 1,
    };
  });
}

/** Rows of a Native block as the server reads them: it knows columns by the names in the block. */
export function decodeBlock(block: Buffer): ModelRow[] {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = block[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = varint();
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const columns = varint();
  const rows = varint();
  const values = new Map<string, Buffer>();
  const widths: Record<string, number> = { UUID: 16, UInt8: 1, UInt64: 8, "DateTime64(3, 'UTC')": 8 };
  for (let column = 0; column < columns; column++) {
    const name = text();
    const bytes = widths[text()]! * rows;
    values.set(name, block.subarray(at, at + bytes));
    at += bytes;
  }
  if (at !== block.length) throw new Error(`${block.length - at} bytes are left after the block`);
  const parts = ROW_HEADS.map((head) => values.get(head.name)!);
  const encoded = {
    rows,
    columnBytes: Uint32Array.from(parts, (part) => part.length),
    data: Buffer.concat(parts),
  };
  return decodeRows(encoded).map((row, index) => ({ ...row, batch: values.get('batch')!.readBigUInt64LE(index * 8) }));
}
