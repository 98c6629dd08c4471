import { terminalJson } from '../../../terminal/text.ts';
import {
  type Columns,
  csvLine,
  fitsTable,
  jsonLine,
  type Row,
  rowObject,
  rowsTable,
  rowsVertical,
} from '../../query/rows.ts';
import type { Print } from '../../terminal/output.ts';
import { plural } from '../../terminal/units.ts';
import { type AnswerEnd, readAnswer } from './answer.ts';

export const SQL_FORMATS = ['table', 'vertical', 'json', 'csv', 'ndjson'] as const;
export type SqlFormat = (typeof SQL_FORMATS)[number];

/** Rows that are shown unless somebody asks for more; those that are printed one by one have no such bound. */
export const DEFAULT_ROWS: Readonly<Record<SqlFormat, number>> = {
  table: 1_000,
  vertical: 1_000,
  json: 10_000,
  csv: 0,
  ndjson: 0,
};

/** Characters of the rows that are kept to be drawn as a whole, however many rows were asked for. */
const KEPT_CHARACTERS_MAX = 16 * 1024 * 1024;

export interface SqlResult {
  readonly columns: Columns;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** There are further rows, which `--rows` left out. */
  readonly more: boolean;
}

export interface PrintOptions {
  readonly format: SqlFormat;
  /** 0: all. */
  readonly rowsMax: number;
  /** Columns of the terminal; undefined where nobody says. */
  readonly width: number | undefined;
  readonly print: Print;
  /** Words beside the data. */
  readonly say: (line: string) => void;
}

/** Prints one answer as it comes where the format allows that, else when it is there. */
export async function printAnswer(lines: AsyncGenerator<string>, options: PrintOptions): Promise<void> {
  const { format, print, say } = options;
  const end =
    format === 'csv' || format === 'ndjson' ? await printRows(lines, options) : await drawRows(lines, options);
  if (end.more) say(`the first ${plural(end.rows, 'row')} of more; --rows says how many, --format csv gives all`);
  else if (format === 'table' || format === 'vertical')
    await print(end.hasColumns ? `(${plural(end.rows, 'row')})` : 'done');
}

/** One answer as a part of a document. */
export async function collectAnswer(lines: AsyncGenerator<string>, rowsMax: number): Promise<SqlResult> {
  const { columns, rows, more } = await collect(lines, rowsMax);
  return { columns, rows: rows.map((row) => rowObject(columns, row)), more };
}

type Printed = AnswerEnd & { readonly hasColumns: boolean };

async function printRows(lines: AsyncGenerator<string>, { format, print, rowsMax }: PrintOptions): Promise<Printed> {
  let columns: Columns = [];
  const lineOf = format === 'csv' ? csvLine : (row: Row) => jsonLine(columns, row);
  const sink = {
    columns: async (found: Columns) => {
      columns = found;
      if (format === 'csv' && found.length > 0) await print(csvLine(found.map(({ name }) => name)));
    },
    row: (row: Row) => print(lineOf(row)),
  };
  return { ...(await readAnswer(lines, sink, { rowsMax, charactersMax: 0 })), hasColumns: columns.length > 0 };
}

async function drawRows(lines: AsyncGenerator<string>, options: PrintOptions): Promise<Printed> {
  const { format, print, rowsMax, width } = options;
  const { columns, rows, ...end } = await collect(lines, rowsMax);
  if (format === 'json') {
    const document = { columns, rows: rows.map((row) => rowObject(columns, row)), more: end.more };
    await print(terminalJson(document, 2));
  } else if (columns.length > 0) {
    const narrow = format === 'vertical' || (width !== undefined && !fitsTable(columns, width));
    const text = narrow ? rowsVertical(columns, rows) : rowsTable(columns, rows, width);
    if (text !== '') await print(text);
  }
  return { rows: rows.length, more: end.more, hasColumns: columns.length > 0 };
}

async function collect(lines: AsyncGenerator<string>, rowsMax: number) {
  const kept: { columns: Columns; rows: Row[] } = { columns: [], rows: [] };
  const sink = {
    columns: (found: Columns) => {
      kept.columns = found;
    },
    row: (row: Row) => {
      kept.rows.push(row);
    },
  };
  const { more } = await readAnswer(lines, sink, { rowsMax, charactersMax: KEPT_CHARACTERS_MAX });
  return { ...kept, more };
}
