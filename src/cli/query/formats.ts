import type { QueryAnswer } from '../../control/protocol.ts';
import { terminalJson } from '../../terminal/text.ts';
import { plural } from '../terminal/units.ts';
import { csvLine, type Row, rowsTable } from './rows.ts';

export const QUERY_FORMATS = ['table', 'json', 'csv', 'ndjson'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

/** `--json` and `--format json`. */
export interface QueryDocument extends QueryAnswer {
  readonly schema: 'trackflow.query/1';
}

export function queryDocument({ rows, columns, missingShards }: QueryAnswer): QueryDocument {
  return { schema: 'trackflow.query/1', rows, columns, ...(missingShards !== undefined && { missingShards }) };
}

/** What the answer lacks, for people; undefined when it is whole. */
export function missingText({ missingShards = [] }: QueryAnswer): string | undefined {
  if (missingShards.length === 0) return undefined;
  const which = `shard${missingShards.length === 1 ? '' : 's'} ${missingShards.join(', ')}`;
  return `without the rows of ${which}, which cannot be reached: trackflow cluster status`;
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

function asTable(answer: QueryAnswer): string {
  return `${rowsTable(answer.columns, valuesOf(answer))}\n(${plural(answer.rows.length, 'row')})`;
}

function asCsv(answer: QueryAnswer): string {
  return [csvLine(answer.columns.map(({ name }) => name)), ...valuesOf(answer).map(csvLine)].join('\n');
}

function valuesOf({ rows, columns }: QueryAnswer): Row[] {
  return rows.map((row) => columns.map(({ name }) => row[name]));
}
