/** How a Native block declares a column of ours: the types that the encoder writes. */
export type BlockType =
  | 'UUID'
  | 'String'
  | "DateTime64(3, 'UTC')"
  | 'UInt8'
  | 'Int64'
  | 'Decimal(18, 4)'
  | 'JSON(max_dynamic_paths=256)';

/** One column of a table in the order in which a block carries it. `maxBytes` bounds the UTF-8 bytes of a text. */
export interface RowColumn<Name extends string = string> {
  readonly name: Name;
  readonly blockType: BlockType;
  readonly maxBytes: number;
}

/** What every row has, whatever its table. */
export interface Row {
  readonly account: string;
  /** Whether its id is its sender's, or made of what the sender said: only then is the row deduplicated. */
  readonly has_client_id: boolean;
}

/**
 * A table that rows are spooled for. Always true: the first column of type UUID is the id of a row, and the month of the
 * first DateTime64 is its partition; spool and flush know a row by nothing else.
 */
export interface Table<R extends Row = Row> {
  readonly name: string;
  readonly columns: readonly RowColumn<Exclude<keyof R & string, 'has_client_id'>>[];
  /** The column of the id. */
  readonly id: keyof R & string;
  /** The column whose month is the partition, milliseconds since the epoch. */
  readonly time: keyof R & string;
  /** The column by which rows are spread over shards, with the account; where it is empty the id does. */
  readonly visitor: keyof R & string;
}
