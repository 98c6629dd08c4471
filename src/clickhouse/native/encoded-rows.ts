import { COLUMNS } from '../../event/columns.ts';
import type { RowColumn } from '../../event/table.ts';

/**
 * Rows as ClickHouse's Native format lays out a block, without the block's own head: for each column, one after
 * another, the values of all rows. `columnBytes` says where each column ends, so rows of several groups are joined into
 * one block by copying, never by decoding. Format: https://clickhouse.com/docs/interfaces/formats/Native, and
 * `docs` of NativeWriter.cpp: String = varint length + UTF-8; UUID = two little-endian halves, high half first;
 * DateTime64(3) and Decimal(18, 4) = little-endian Int64.
 */
export interface EncodedRows {
  readonly rows: number;
  readonly columnBytes: Uint32Array;
  readonly data: Uint8Array;
}

/** Name and declared type of each column in a segment, in order. Kept with the rows, so they outlive schema changes. */
export interface ColumnHead {
  readonly name: string;
  readonly type: string;
}

export const EVENT_COLUMN_HEADS: readonly ColumnHead[] = columnHeads(COLUMNS);

/** The columns of a table as a segment names them. */
export function columnHeads(columns: readonly Pick<RowColumn, 'name' | 'blockType'>[]): readonly ColumnHead[] {
  return columns.map(({ name, blockType }) => ({ name, type: blockType }));
}

/** Bytes of one value, or 0 for the variable width of String (and of JSON, which is sent as its text). Throws for a type that TrackFlow never writes. */
export function valueWidth(type: string): number {
  switch (type) {
    case 'String':
    case 'JSON(max_dynamic_paths=256)':
      return 0;
    case 'UInt8':
      return 1;
    case 'UUID':
      return 16;
    case 'UInt64':
    case 'Int64':
    case 'Decimal(18, 4)':
    case "DateTime64(3, 'UTC')":
      return 8;
    default:
      throw new Error(`no Native layout for type ${JSON.stringify(type)}`);
  }
}

/** The column that says in which partition a row lies: the first of its times (`src/event/table.ts`). */
export function timeColumn(heads: readonly ColumnHead[]): string {
  return firstOfType(heads, "DateTime64(3, 'UTC')");
}

/** The column that tells rows apart: the first UUID. */
export function idColumn(heads: readonly ColumnHead[]): string {
  return firstOfType(heads, 'UUID');
}

function firstOfType(heads: readonly ColumnHead[], type: string): string {
  const found = heads.find((head) => head.type === type);
  if (found === undefined) throw new Error(`no column of type ${type} in these rows`);
  return found.name;
}
