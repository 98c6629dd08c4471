import type { Range } from '../chunk.ts';
import type { ColumnPlan, TablePlan } from '../column.ts';
import type { Form } from '../sides.ts';
import { sqlName, sqlText } from './quote.ts';

/** A call of a function may have a hundred arguments. */
const ARGUMENTS_MAX = 50;
const SEPARATOR = `E'\\x1f'`;
/** Stands for NULL; how many there are is compared besides. */
const NULL_MARK = `E'\\x1e'`;

/** `SELECT` of the values of a range, in the form in which the target reads them. */
export function readStatement(table: TablePlan, range: Range, form: Form): string {
  return `SELECT ${table.columns.map((column) => value(column, form)).join(', ')} ${fromRange(table, range)}`;
}

function value({ read, asIs }: ColumnPlan, form: Form): string {
  return form === 'as is' && asIs !== undefined ? asIs.value : read;
}

/** The same with names and every value as text, for an engine that fetches them itself. */
export function fetchStatement(table: TablePlan, range: Range, form: Form): string {
  const values = table.columns.map((column, index) => `(${value(column, form)})::text AS c${index}`);
  return `SELECT ${values.join(', ')} ${fromRange(table, range)}`;
}

/**
 * One row with the sums of a range; `encoding` is the server's. Without `isExact` it costs less, and is right when its
 * `unless` is not true.
 */
export function sumsStatement(
  { columns: planned, ...table }: TablePlan,
  range: Range,
  { encoding, isExact }: { readonly encoding: string; readonly isExact: boolean },
): string {
  const columns = planned.map(({ read, canonical, nullable, ordered, loss, asIs }) => {
    const isPlain = !isExact && asIs !== undefined;
    const value = isPlain ? asIs.value : read;
    const bound = (side: 'min' | 'max') => (ordered ? `${side}(${value})::text` : 'NULL');
    const text = isPlain ? asIs.canonical : canonical.source;
    return {
      text: nullable ? `coalesce(${text}, ${NULL_MARK})` : text,
      nulls: nullable ? `count(*) - count(${value})` : '0',
      least: bound('min'),
      greatest: bound('max'),
      lost: loss === null || isPlain ? '0' : `count(*) FILTER (WHERE ${loss.condition})`,
      unless: isPlain ? [asIs.unless.replaceAll('{min}', `min(${value})`).replaceAll('{max}', `max(${value})`)] : [],
    };
  });
  const row = joined(columns.map(({ text }) => text));
  // MD5 is over bytes: those of the source's own encoding are not those that arrive.
  const bytes = ['UTF8', 'SQL_ASCII'].includes(encoding) ? row : `convert_to(${row}, 'UTF8')`;
  const hash = `('x' || substr(md5(${bytes}), 1, 16))::bit(64)::int8`;
  const list = (name: 'nulls' | 'least' | 'greatest' | 'lost', type: string) =>
    `ARRAY[${columns.map((column) => column[name]).join(', ')}]::${type}[] AS ${name}`;
  const unless = columns.flatMap((column) => column.unless.map((one) => `coalesce(${one}, false)`));
  return `SELECT 'columns' AS by, count(*)::float8 AS rows, coalesce(sum(${hash}), 0)::text AS checksum, ${list('nulls', 'float8')},
    ${list('least', 'text')}, ${list('greatest', 'text')}, ${list('lost', 'float8')}, ${unless.join(' OR ') || 'false'} AS unless
    ${fromRange({ ...table, columns: planned }, range)}`;
}

/** Rows of the whole table of which a column loses something. */
export function lossStatement(table: TablePlan): string {
  const lost = table.columns.flatMap(({ loss }) =>
    loss === null ? [] : [`count(*) FILTER (WHERE ${loss.condition})`],
  );
  const parts = table.parts.map((_, part) => {
    const all: Range = { part, by: 'all', from: null, to: null };
    return `SELECT count(*)::float8 AS rows, ARRAY[${lost.join(', ')}]::float8[] AS lost ${fromRange(table, all)}`;
  });
  return parts.join('\nUNION ALL\n');
}

/** The columns of those names as the target's wire reads them, each as text, of the rows that are given. */
export function textsStatement(table: TablePlan, names: readonly string[]): string {
  const values = names.map((name, index) => {
    const { read } = table.columns.find((column) => column.name === name)!;
    return `(${read})::text AS c${index}`;
  });
  return `SELECT ${values.join(', ')} FROM ${table.given ?? table.source} t`;
}

export function fromRange(table: TablePlan, range: Range): string {
  const conditions = [rangeCondition(table, range), table.where].filter((one) => one !== '');
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const relation = table.given ?? table.parts[range.part]?.relation ?? table.source;
  return `FROM ${relation} t ${table.joins} ${where}`.trimEnd();
}

function rangeCondition({ key }: TablePlan, { by, from, to, keyMax }: Range): string {
  if (by === 'none') return 'false';
  if (by === 'all' || by === 'log') return '';
  const after = (bound: string | null) =>
    bound === null ? '' : `t.${sqlName(key!.column)} > ${sqlText(bound)}::${key!.type}`;
  const upTo = (bound: string | null) => after(bound).replace(' > ', ' <= ');
  const bounds =
    by === 'key'
      ? [after(from), upTo(to)]
      : [
          from === null ? '' : `t.ctid >= '(${from},0)'`,
          to === null ? '' : `t.ctid < '(${to},0)'`,
          upTo(keyMax ?? null),
        ];
  return bounds.filter((one) => one !== '').join(' AND ');
}

function joined(texts: readonly string[]): string {
  if (texts.length <= ARGUMENTS_MAX) return `concat_ws(${SEPARATOR}, ${texts.join(', ')})`;
  const groups: string[] = [];
  for (let at = 0; at < texts.length; at += ARGUMENTS_MAX) groups.push(joined(texts.slice(at, at + ARGUMENTS_MAX)));
  return joined(groups);
}
