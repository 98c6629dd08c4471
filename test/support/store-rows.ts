import { randomUUID } from 'node:crypto';
import { atOnce } from '../../daemon/spool/pieces.ts';
import { joinBlock } from '../../src/clickhouse/native/block.ts';
import { columnHeads } from '../../src/clickhouse/native/encoded-rows.ts';
import { RowEncoder } from '../../src/clickhouse/native/row-encoder.ts';
import type { Row, RowColumn } from '../../src/event/table.ts';
import { TABLES, type TableName } from '../../src/event/tables.ts';

export type RowValues = Readonly<Record<string, string | number>>;

/** The block of a batch of `table`, as the spool seals it: values that a row does not name are empty. */
export function blockOf(table: TableName, batch: bigint, rows: readonly RowValues[]): Buffer {
  const columns = TABLES[table].columns as readonly RowColumn[];
  const encoder = new RowEncoder<Row>(columns as never);
  for (const row of rows) encoder.append({ ...emptyRow(columns), ...row } as unknown as Row);
  return atOnce(joinBlock(columnHeads(columns), [encoder.take()], batch));
}

function emptyRow(columns: readonly RowColumn[]): Record<string, string | number> {
  return Object.fromEntries(columns.map(({ name, blockType }) => [name, emptyOf(blockType)]));
}

function emptyOf(type: RowColumn['blockType']): string | number {
  if (type === 'UUID') return randomUUID();
  if (type === 'String') return '';
  return type.startsWith('JSON') ? '{}' : 0;
}
