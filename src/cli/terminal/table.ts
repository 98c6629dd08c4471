import { displayWidth, shorten, terminalText } from '../../terminal/text.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand right, so that their digits align. */
  readonly right?: boolean;
}

const GAP = '  ';
const CELL_COLUMNS_MAX = 80;

/** Rows of text under titles, in columns as wide as their widest cell. Cells are made harmless here. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    row.map((cell) => shorten(terminalText(cell), CELL_COLUMNS_MAX)),
  );
  const widths = columns.map((_, index) => cells.reduce((most, row) => Math.max(most, displayWidth(row[index]!)), 0));
  return cells.map((row) => lineOf(row, columns, widths)).join('\n');
}

/** Names and values, one pair a line, values aligned; indented for screens with several parts. */
export function pairs(rows: readonly (readonly [name: string, value: string])[], indent = '  '): string {
  const width = rows.reduce((most, [name]) => Math.max(most, displayWidth(name)), 0);
  return rows.map(([name, value]) => `${indent}${pad(name, width)}  ${value}`).join('\n');
}

function lineOf(row: readonly string[], columns: readonly TableColumn[], widths: readonly number[]): string {
  const padded = row.map((cell, index) =>
    columns[index]!.right === true ? padStart(cell, widths[index]!) : pad(cell, widths[index]!),
  );
  return padded.join(GAP).trimEnd();
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}
