import type { Row, RowColumn } from '../../event/table.ts';
import { ColumnWriter } from './column-writer.ts';
import type { EncodedRows } from './encoded-rows.ts';

/**
 * Turns rows into the columns of a Native block, one row at a time.
 *
 * Always true: every column holds `rows` values. `take` hands over what was written since the last `take` in a fresh
 * buffer (so it can be transferred to another thread) and starts anew; the column buffers are reused.
 */
export class RowEncoder<R extends Row> {
  rows = 0;
  readonly #heads: readonly RowColumn<keyof R & string>[];
  readonly #columns: readonly ColumnWriter[];

  constructor(heads: readonly RowColumn<keyof R & string>[]) {
    this.#heads = heads;
    this.#columns = heads.map(() => new ColumnWriter());
  }

  /** Bytes written since the last `take`. */
  get bytes(): number {
    let sum = 0;
    for (const column of this.#columns) sum += column.bytes;
    return sum;
  }

  append(row: R): void {
    const heads = this.#heads;
    for (let index = 0; index < heads.length; index++) {
      const { name, blockType } = heads[index]!;
      const column = this.#columns[index]!;
      switch (blockType) {
        case 'String':
        case 'JSON(max_dynamic_paths=256)':
          column.text(row[name] as string);
          break;
        case 'UUID':
          column.uuid(row[name] as string);
          break;
        case 'UInt8':
          column.uint8(row[name] as number);
          break;
        default:
          column.int64(row[name] as number);
      }
    }
    this.rows++;
  }

  take(): EncodedRows {
    const columnBytes = new Uint32Array(this.#columns.length);
    const data = new Uint8Array(this.bytes);
    let at = 0;
    this.#columns.forEach((column, index) => {
      column.copyTo(data, at);
      columnBytes[index] = column.bytes;
      at += column.bytes;
      column.reset();
    });
    const rows = this.rows;
    this.rows = 0;
    return { rows, columnBytes, data };
  }
}
