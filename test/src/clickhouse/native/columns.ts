import { ColumnWriter } from '../../../../src/clickhouse/native/column-writer.ts';
import type { ColumnHead, EncodedRows } from '../../../../src/clickhouse/native/encoded-rows.ts';
import type { DecodedRow } from '../../../support/events.ts';
import { fc } from '../../../support/property.ts';

const DATETIME = "DateTime64(3, 'UTC')";
const JSON_TYPE = 'JSON(max_dynamic_paths=256)';

type Value = string | number;

const VALUES: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  String: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', 'a'.repeat(127), 'a'.repeat(128), 'é'.repeat(64), '漢'.repeat(43), 'x'.repeat(16_384)),
  ),
  [JSON_TYPE]: fc.json(),
  UInt8: fc.nat(255),
  UUID: fc.uuid(),
  [DATETIME]: fc.maxSafeInteger(),
  'Decimal(18, 4)': fc.maxSafeInteger(),
};

/** Columns of any number and types, with named rows of values in several groups. */
export interface Table {
  readonly heads: readonly ColumnHead[];
  readonly groups: readonly (readonly (readonly Value[])[])[];
}

export const tables: fc.Arbitrary<Table> = fc
  .array(fc.constantFrom(...Object.keys(VALUES)), { minLength: 1, maxLength: 6 })
  .chain((types) => {
    const heads = types.map((type, index) => ({ name: `column ${index} 漢`, type }));
    const row = fc.tuple(...types.map((type) => VALUES[type]!));
    return fc.record({
      heads: fc.constant(heads),
      groups: fc.array(fc.array(row, { maxLength: 12 }), { maxLength: 4 }),
    });
  });

/** The rows of a group as the encoder would write them. */
export function encodeTable(heads: readonly ColumnHead[], rows: readonly (readonly Value[])[]): EncodedRows {
  const columns = heads.map(({ type }, index) => {
    const writer = new ColumnWriter();
    for (const row of rows) write(writer, type, row[index]!);
    return writer;
  });
  const columnBytes = Uint32Array.from(columns, (column) => column.bytes);
  const data = new Uint8Array(columnBytes.reduce((sum, bytes) => sum + bytes, 0));
  let at = 0;
  for (const column of columns) {
    column.copyTo(data, at);
    at += column.bytes;
  }
  return { rows: rows.length, columnBytes, data };
}

/** What reading must give for rows that were written. */
export function asDecoded(heads: readonly ColumnHead[], rows: readonly (readonly Value[])[]): DecodedRow[] {
  return rows.map((row) =>
    Object.fromEntries(heads.map(({ name, type }, index) => [name, decodedValue(type, row[index]!)])),
  );
}

function decodedValue(type: string, value: Value): string | number | bigint {
  if (typeof value === 'string') return value.toWellFormed();
  return type === 'UInt8' ? value : BigInt(value);
}

function write(writer: ColumnWriter, type: string, value: Value): void {
  if (type === 'UUID') writer.uuid(value as string);
  else if (typeof value === 'string') writer.text(value);
  else if (type === 'UInt8') writer.uint8(value);
  else writer.int64(value);
}
