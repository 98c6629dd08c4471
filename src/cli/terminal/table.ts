import { displayWidth, shorten, terminalText } from '../../terminal/text.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand right, so that their digits align. */
  readonly right?: boolean;
}

const GAP = '  ';
const CELL_COLUMNS_MAX = 80;
/** A column that is made narrower to fit keeps this much, or what it needs where that is less. */
const CELL_COLUMNS_MIN = 8;

/**
 * Rows of text under titles, in columns as wide as their widest cell, at most `CELL_COLUMNS_MAX` but for the last; with
 * `width` no line is wider than that, as far as `tableWidth` allows: the widest columns give first. Cells are made
 * harmless here.
 */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[], width?: number): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    row.map((cell, index) => {
      // What stands last pushes nothing aside: without a width it is whole, also in a pipe.
      const isFree = width === undefined && index === columns.length - 1;
      return isFree ? terminalText(cell) : shorten(terminalText(cell), CELL_COLUMNS_MAX);
    }),
  );
  const natural = columns.map((_, index) => cells.reduce((most, row) => Math.max(most, displayWidth(row[index]!)), 0));
  const widths = width === undefined ? natural : fitted(natural, width);
  return cells
    .map((row) =>
      lineOf(
        row.map((cell, index) => shorten(cell, widths[index]!)),
        columns,
        widths,
      ),
    )
    .join('\n');
}

/** Columns of the terminal that a table takes at the least. */
export function tableWidth(columns: readonly TableColumn[]): number {
  const least = columns.map(({ title }) => Math.min(displayWidth(terminalText(title)), CELL_COLUMNS_MIN));
  return least.reduce((sum, one) => sum + one, 0) + gaps(columns.length);
}

/** Names and values, one pair a line, values aligned; indented for screens with several parts. */
export function pairs(rows: readonly (readonly [name: string, value: string])[], indent = '  '): string {
  const width = rows.reduce((most, [name]) => Math.max(most, displayWidth(name)), 0);
  return rows.map(([name, value]) => `${indent}${pad(name, width)}  ${value}`).join('\n');
}

/** The widest columns made equally narrow, no narrower than `CELL_COLUMNS_MIN`. */
function fitted(natural: readonly number[], width: number): number[] {
  const room = width - gaps(natural.length);
  const total = (cap: number) => natural.reduce((sum, one) => sum + Math.min(one, cap), 0);
  let cap = CELL_COLUMNS_MAX;
  while (cap > CELL_COLUMNS_MIN && total(cap) > room) cap--;
  return natural.map((one) => Math.min(one, cap));
}

function gaps(columns: number): number {
  return GAP.length * Math.max(0, columns - 1);
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
