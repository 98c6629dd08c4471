/** What is asked of a ClickHouse that is a source. Numbers are asked for as text: nothing depends on the server's settings. */
import type { Range } from '../chunk.ts';
import type { OrderPlan, TablePlan } from '../column.ts';
import type { SourceColumnSums } from '../sums.ts';
import { chText } from './quote.ts';

const SEPARATOR = `'\\x1f'`;
/** Names of values and of marks for what is lost, which no table is likely to have. */
const value = (index: number) => `tf_value_${index}`;
const lost = (index: number) => `tf_lost_${index}`;

/** A bound of a range: a moment, and the hash of an id. */
const BOUND = '|';

/** Which rows of a range: all, or those of these ids. */
export type Ids = readonly string[] | null;

export interface SumsRow {
  readonly rows: string;
  readonly checksum: string;
  readonly least: readonly string[];
  readonly greatest: readonly string[];
  readonly lost: readonly string[];
}

/** The rows of a range, in the form in which the target reads them. */
export function rowsStatement(table: TablePlan, range: Range, ids: Ids): string {
  return `SELECT ${table.columns.map((_, index) => value(index)).join(', ')} FROM (${versions(table, range, ids)})`;
}

/** The ids of a range. */
export function idsStatement(table: TablePlan, range: Range): string {
  return `SELECT DISTINCT ${table.columns[0]!.read} AS id ${fromRange(table, range, null)}`;
}

/** One row with the sums of a range; see `sumsOf`. */
export function sourceSumsStatement(table: TablePlan, range: Range, ids: Ids): string {
  const { columns } = table;
  const texts = columns.map(({ canonical }, index) => canonical.source.replaceAll('{}', value(index)));
  const row = texts.length === 1 ? texts[0] : `concatWithSeparator(${SEPARATOR}, ${texts.join(', ')})`;
  const bound = (side: 'min' | 'max') =>
    columns.flatMap(({ type, ordered }, index) => {
      if (!ordered) return [];
      const isDecimal = type.startsWith('Decimal');
      return [isDecimal ? `toDecimalString(${side}(toDecimal128(${value(index)}, 4)), 4)` : `${side}(${value(index)})`];
    });
  const losses = columns.flatMap(({ loss }, index) => (loss === null ? [] : [`toString(sum(${lost(index)}))`]));
  return `SELECT toString(count()) AS rows, toString(sum(reinterpretAsUInt64(reverse(substring(MD5(${row}), 1, 8))))) AS checksum,
    ${list(bound('min'))} AS least, ${list(bound('max'))} AS greatest, ${list(losses)} AS lost FROM (${versions(table, range, ids)})`;
}

/** Sums out of one such row, or of several that are about different rows. */
export function sumsOf({ columns }: TablePlan, found: readonly SumsRow[]): SourceColumnSums {
  const filled = found.filter(({ rows }) => rows !== '0');
  const ordered = columns.filter((column) => column.ordered);
  const lossy = columns.filter(({ loss }) => loss !== null);
  const bound = (side: 'least' | 'greatest') =>
    columns.map((column) => {
      const at = ordered.indexOf(column);
      const texts = at < 0 ? [] : filled.map((row) => row[side][at]!);
      return texts.length === 0 ? null : texts.reduce((a, b) => (isBelow(a, b) === (side === 'least') ? a : b));
    });
  return {
    by: 'columns',
    rows: filled.reduce((sum, { rows }) => sum + Number(rows), 0),
    checksum: BigInt.asUintN(
      64,
      filled.reduce((sum, { checksum }) => sum + BigInt(checksum), 0n),
    ).toString(),
    nulls: columns.map(() => 0),
    least: bound('least'),
    greatest: bound('greatest'),
    lost: columns.map((column) => {
      const at = lossy.indexOf(column);
      return at < 0 ? 0 : filled.reduce((sum, row) => sum + Number(row.lost[at]), 0);
    }),
  };
}

/** Rows of the whole table of which a column loses something, by column that may. */
export function lossStatement(table: TablePlan): string {
  const losses = table.columns.flatMap(({ loss }) => (loss === null ? [] : [`toString(countIf(${loss.condition}))`]));
  return `SELECT ${list(losses)} AS lost ${fromRange(table, { part: 0, by: 'all', from: null, to: null }, null)}`;
}

/** How many rows there are in all, versions too: changes with every row that comes or goes. */
export function countStatement(table: TablePlan): string {
  return `SELECT toString(count()) AS rows ${fromRange(table, { part: 0, by: 'all', from: null, to: null }, null)}`;
}

/**
 * The moment of the last of the first `rows` rows of a range; no row where it has fewer. In the order in which such a table
 * is stored nothing behind it is read.
 */
export function momentStatement(table: TablePlan, range: Range, rows: number): string {
  const { moment } = orderOf(table);
  const text = `toString(toTimeZone(${moment}, 'UTC')) AS moment`;
  return `SELECT ${text} ${fromRange(table, range, null)} ORDER BY ${moment} LIMIT 1 OFFSET ${rows - 1}`;
}

/** The bound of that very row, whose moment is known: among rows of one moment the hash says which it is. */
export function boundStatement(table: TablePlan, range: Range, rows: number, known: string): string {
  const { moment, type } = orderOf(table);
  const upTo = `${moment} <= CAST(${chText(known)}, ${chText(type)})`;
  return `${boundOf(table)} ${fromRange(table, range, null)} AND ${upTo} ORDER BY ${moment}, ${hashOf(table)} LIMIT 1 OFFSET ${rows - 1}`;
}

/** The bound of the last row of a range; no row where it has none. */
export function lastBoundStatement(table: TablePlan, range: Range): string {
  const { moment } = orderOf(table);
  return `${boundOf(table)} ${fromRange(table, range, null)} ORDER BY ${moment} DESC, ${hashOf(table)} DESC LIMIT 1`;
}

/** The moment of a bound, in milliseconds since the epoch. */
export function momentOfBound(bound: string): number {
  return Date.parse(`${bound.split(BOUND)[0]!.slice(0, 23).replace(' ', 'T')}Z`);
}

function boundOf(table: TablePlan): string {
  const { moment } = orderOf(table);
  return `SELECT concat(toString(toTimeZone(${moment}, 'UTC')), '${BOUND}', toString(${hashOf(table)})) AS bound`;
}

/** Of several versions of a row the newest, every value as text. What says nothing of which is newer falls to their content. */
function versions(table: TablePlan, range: Range, ids: Ids): string {
  const { columns } = table;
  const { moment, newest } = orderOf(table);
  const values = columns.map(({ read }, index) => `${read} AS ${value(index)}`);
  const losses = columns.flatMap(({ loss }, index) => (loss === null ? [] : [`(${loss.condition}) AS ${lost(index)}`]));
  const content = `cityHash64(${columns.map((_, index) => value(index)).join(', ')})`;
  return `SELECT ${[...values, ...losses].join(', ')} ${fromRange(table, range, ids)}
    ORDER BY ${newest === '' ? '' : `${newest} DESC, `}${content} DESC LIMIT 1 BY ${value(0)}, ${moment}`;
}

function fromRange(table: TablePlan, { part, from, to }: Range, ids: Ids): string {
  const conditions = [table.where, ...after(table, from), ...upTo(table, to)];
  if (ids !== null) conditions.push(`${table.columns[0]!.read} IN (${ids.map(chText).join(', ')})`);
  const relation = table.parts[part]!.relation;
  return `FROM ${relation} AS t WHERE ${conditions.filter((one) => one !== '').join(' AND ') || '1'}`;
}

/** The plain bound of the moment lets the server find the rows by its index. */
function after(table: TablePlan, bound: string | null): string[] {
  if (bound === null) return [];
  const { moment } = orderOf(table);
  const [at, hash] = literals(table, bound);
  return [`${moment} >= ${at}`, `(${moment} > ${at} OR ${hashOf(table)} > ${hash})`];
}

function upTo(table: TablePlan, bound: string | null): string[] {
  if (bound === null) return [];
  const { moment } = orderOf(table);
  const [at, hash] = literals(table, bound);
  return [`${moment} <= ${at}`, `(${moment} < ${at} OR ${hashOf(table)} <= ${hash})`];
}

function literals(table: TablePlan, bound: string): [string, string] {
  const [at, hash] = bound.split(BOUND) as [string, string];
  return [`CAST(${chText(at)}, ${chText(orderOf(table).type)})`, `toUInt64(${chText(hash)})`];
}

function hashOf({ columns }: TablePlan): string {
  return `cityHash64(${columns[0]!.read})`;
}

function orderOf({ order, source }: TablePlan): OrderPlan {
  if (order === undefined) throw new Error(`the plan of ${source} says no order`);
  return order;
}

/** An array; of nothing it is one of texts all the same. */
function list(texts: readonly string[]): string {
  return texts.length === 0 ? `CAST([], 'Array(String)')` : `[${texts.join(', ')}]`;
}

/** By the number where it is one with decimals, else by the text: times are of one length. */
function isBelow(a: string, b: string): boolean {
  if (!/^-?\d+\.\d{4}$/.test(a)) return a < b;
  return BigInt(a.replace('.', '')) < BigInt(b.replace('.', ''));
}
