import { COLUMNS } from '../../event/columns.ts';

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

export const EVENT_COLUMN_HEADS: readonly ColumnHead[] = COLUMNS.map((column) => ({
  name: column.name,
  type: column.blockType,
}));

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
    case 'Decimal(18, 4)':
    case "DateTime64(3, 'UTC')":
      return 8;
    default:
      throw new Error(`no Native layout for type ${JSON.stringify(type)}`);
  }
}
