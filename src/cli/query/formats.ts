import type { QueryAnswer } from '../../control/protocol.ts';
import { terminalJson } from '../../terminal/text.ts';
import { table } from '../terminal/table.ts';
import { plural } from '../terminal/units.ts';

export const QUERY_FORMATS = ['table', 'json', 'csv', 'ndjson'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

/** `--json` and `--format json`. */
export interface QueryDocument extends QueryAnswer {
  readonly schema: 'trackflow.query/1';
}

export function queryDocument({ rows, columns }: QueryAnswer): QueryDocument {
  return { schema: 'trackflow.query/1', rows, columns };
}

/** The answer as text without a last line break. `table` is for eyes; the others give values as they are. */
export function formatAnswer(answer: QueryAnswer, format: QueryFormat): string {
  return FORMATTERS[format](answer);
}

const FORMATTERS: Readonly<Record<QueryFormat, (answer: QueryAnswer) => string>> = {
  table: asTable,
  json: (answer) => terminalJson(queryDocument(answer), 2),
  csv: asCsv,
  ndjson: ({ rows }) => rows.map((row) => terminalJson(row)).join('\n'),
};

const NUMBER_TYPE = /^(Nullable\()?(U?Int|Float|Decimal)/;

function asTable({ rows, columns }: QueryAnswer): string {
  const titles = columns.map(({ name, type }) => ({ title: name, right: NUMBER_TYPE.test(type) }));
  const cells = rows.map((row) => columns.map(({ name }) => cellText(row[name])));
  return `${table(titles, cells)}\n(${plural(rows.length, 'row')})`;
}

/** RFC 4180 with a head line; lines end as the rest of the output does. */
function asCsv({ rows, columns }: QueryAnswer): string {
  const lines = [
    columns.map(({ name }) => csvField(name)),
    ...rows.map((row) => columns.map(({ name }) => csvField(row[name] === null ? '' : cellText(row[name])))),
  ];
  return lines.map((fields) => fields.join(',')).join('\n');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
