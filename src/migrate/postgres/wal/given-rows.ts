import type { LoggedTable, LogPlan, TablePlan } from '../../column.ts';
import { sqlName, sqlText } from '../quote.ts';
import type { Tuple } from './pgoutput.ts';

type Column = LogPlan['columns'][number];

/**
 * `table` with those rows of its log in the place of its own, so that the source computes from their texts what it would
 * from the table. A long value that an update did not touch is not in the log: such rows are read from the table as they are
 * by now. What was changed in them since comes later in the log, and is the same again.
 */
export function withRows(table: LoggedTable, rows: readonly Tuple[]): TablePlan {
  const { columns, identity } = table.log;
  const whole = rows.filter((row) => !row.includes(undefined));
  const partial = rows.filter((row) => row.includes(undefined));
  const selects: string[] = [];
  if (whole.length > 0 || partial.length === 0) selects.push(literal(columns, whole));
  if (partial.length > 0) {
    const keys = identity.map(({ column }) => columns.findIndex(({ name }) => name === column));
    const named = keys.map((at) => columns[at]!);
    const ids = literal(
      named,
      partial.map((row) => keys.map((at) => row[at])),
    );
    const own = columns.map(({ name }) => sqlName(name)).join(', ');
    const names = named.map(({ name }) => sqlName(name)).join(', ');
    selects.push(`SELECT ${own} FROM ${table.source} WHERE (${names}) IN (SELECT ${names} FROM (${ids}) ids)`);
  }
  return { ...table, given: `(${selects.join(' UNION ALL ')})` };
}

/** `table` with rows of which only the identity is known. */
export function withIdentities(table: LoggedTable, ids: readonly Tuple[]): TablePlan {
  const { columns, identity } = table.log;
  const named = identity.map(({ column }) => columns.find(({ name }) => name === column)!);
  return { ...table, given: `(${literal(named, ids)})` };
}

/** An array for each column: the fewest tokens that the source has to read. */
function literal(columns: readonly Column[], rows: readonly Tuple[]): string {
  const arrays = columns.map((_, at) => `${sqlText(arrayText(rows.map((row) => row[at] ?? null)))}::text[]`);
  const values = columns.map(({ name, type }, at) => `v.c${at}::${type} AS ${sqlName(name)}`);
  const names = columns.map((_, at) => `c${at}`).join(', ');
  return `SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) v (${names})`;
}

function arrayText(values: readonly (string | null)[]): string {
  const texts = values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`));
  return `{${texts.join(',')}}`;
}
