import type { QueryAnswer } from '../../control/protocol.ts';
import { displayWidth, terminalJson, terminalText } from '../../terminal/text.ts';
import { table, tableWidth } from '../terminal/table.ts';

/** Rows of an answer as text, one by one or as a whole: what `trackflow query` and `trackflow engine sql` share. */
export type Columns = QueryAnswer['columns'];
export type Row = readonly unknown[];

const NUMBER_TYPE = /^(Nullable\()?(U?Int|Float|Decimal)/;

/** A table for eyes, in as many columns of the terminal as `width` where that is given. */
export function rowsTable(columns: Columns, rows: readonly Row[], width?: number): string {
  return table(titlesOf(columns), rows.map(cellsOf), width);
}

/** Whether a table of these columns says anything in a terminal of this width. */
export function fitsTable(columns: Columns, width: number): boolean {
  return tableWidth(titlesOf(columns)) <= width;
}

/** One value a line, rows one below the other, nothing cut: for answers that are wider than the terminal. */
export function rowsVertical(columns: Columns, rows: readonly Row[]): string {
  const names = columns.map(({ name }) => terminalText(name));
  const widest = names.reduce((most, name) => Math.max(most, displayWidth(name)), 0);
  return rows
    .map((row, index) => {
      const lines = cellsOf(row).map((cell, at) => {
        const name = names[at]! + ' '.repeat(widest - displayWidth(names[at]!));
        return `${name}  ${terminalText(cell)}`.trimEnd();
      });
      return [`── row ${index + 1} ──`, ...lines].join('\n');
    })
    .join('\n');
}

/** RFC 4180; lines end as the rest of the output does. */
export function csvLine(values: Row): string {
  return values.map((value) => csvField(value === null ? '' : cellText(value))).join(',');
}

/** A row as a JSON object in one line. */
export function jsonLine(columns: Columns, row: Row): string {
  return terminalJson(rowObject(columns, row));
}

export function rowObject(columns: Columns, row: Row): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]));
}

function titlesOf(columns: Columns) {
  return columns.map(({ name, type }) => ({ title: name, right: NUMBER_TYPE.test(type) }));
}

function cellsOf(row: Row): string[] {
  return row.map(cellText);
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
