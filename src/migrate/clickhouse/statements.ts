import { quoted } from '../../clickhouse/quoted.ts';
import type { ColumnPlan, TablePlan } from '../column.ts';
import { SUM_MODULUS, type SumsBy } from '../sums.ts';
import { chText } from './quote.ts';

/** How the engine itself reaches the source, for its table function `postgresql`. */
export interface EngineAccess {
  /** `host:port` */
  readonly address: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

const NULL_MARK = `'\\x1e'`;
const SEPARATOR = `'\\x1f'`;

/** What a text in the format of COPY is read with: exactly, or not at all. */
export const INSERT_SETTINGS = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_partitions_per_insert_block: 0,
  // What a chunk holds is one block where it fits: one part, written once.
  max_insert_block_size: 1_048_576,
  min_insert_block_size_rows: 1_048_576,
  min_insert_block_size_bytes: 134_217_728,
  max_insert_threads: 1,
  input_format_parallel_parsing: 0,
  // Off by default, it reads some doubles a bit beside.
  precise_float_parsing: 1,
  // A NULL where none may be is an error, not a 0.
  input_format_null_as_default: 0,
  type_json_skip_duplicated_paths: 1,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  session_timezone: 'UTC',
  postgresql_connection_attempt_timeout: 5,
} as const;

/** `INSERT … FORMAT TabSeparated` of rows that carry what the columns call `wire`. */
export function insertStatement(table: TablePlan, batch: bigint): string {
  const structure = table.columns.map(({ wire }, index) => `c${index} ${wire}`).join(', ');
  const values = table.columns.map(({ store }, index) => store.replaceAll('{}', `c${index}`));
  return `INSERT INTO ${quoted(table.target)} (${targetColumns(table)}) SELECT ${values.join(', ')}, toUInt64(${batch}) FROM input(${chText(structure)}) FORMAT TabSeparated`;
}

/** The same where the engine fetches the rows: `select` gives every value as text named c0, c1, … */
export function fetchStatement(table: TablePlan, batch: bigint, select: string, source: EngineAccess): string {
  const values = table.columns.map(({ wire, store }, index) => {
    const text = wire.startsWith('Nullable(') ? `c${index}` : `assumeNotNull(c${index})`;
    const value = /^(Nullable\()?String\)?$/.test(wire) ? text : `CAST(${text}, ${chText(wire)})`;
    return store.replaceAll('{}', value);
  });
  const settings = Object.entries(INSERT_SETTINGS).map(
    ([name, set]) => `${name} = ${typeof set === 'string' ? chText(set) : set}`,
  );
  return `INSERT INTO ${quoted(table.target)} (${targetColumns(table)}) SELECT ${values.join(', ')}, toUInt64(${batch}) FROM ${fetched(source, select)} SETTINGS ${settings.join(', ')}`;
}

/** A table function that asks the source `select`. The engine hides its password in all it writes. */
export function fetched({ address, database, user, password }: EngineAccess, select: string): string {
  return `postgresql(${[address, database].map(chText).join(', ')}, query(${chText(select)}), ${chText(user)}, ${chText(password)})`;
}

const SUMS_SETTINGS = "output_format_json_escape_forward_slashes = 0, session_timezone = 'UTC', max_threads = 1";

/** One row with the sums of those batches. */
export function sumsStatement(
  table: TablePlan,
  { first, last }: { readonly first: bigint; readonly last: bigint },
  by: SumsBy,
): string {
  const what = by === 'rows' ? rowSums(table) : columnSums(table);
  return `SELECT ${what} FROM ${quoted(table.target)} WHERE ${quoted(table.batchColumn)} BETWEEN ${first} AND ${last} SETTINGS ${SUMS_SETTINGS}`;
}

/** What `postgres/copy-sums.ts` takes of a COPY. */
function rowSums({ columns }: TablePlan): string {
  const row = rowText(columns, ({ line }) => line!, `'\\\\N'`, `'\\t'`);
  const sum = (hash: string) => `toString(sum(toUInt64(${hash}(${row}))) % ${SUM_MODULUS})`;
  const nulls = columns.flatMap(({ name, nullable }) => (nullable ? [`countIf(isNull(${quoted(name)}))`] : []));
  return `'rows' AS by, toFloat64(count()) AS rows, concat(${sum('xxHash32')}, ' ', ${sum('murmurHash3_32')}) AS checksum,
    toFloat64(${nulls.join(' + ') || '0'}) AS nulls`;
}

/** What `postgres/statements.ts` asks the source for in the same words. */
function columnSums({ columns }: TablePlan): string {
  const row = rowText(columns, ({ canonical }) => canonical.target, NULL_MARK, SEPARATOR);
  const nulls = columns.map(({ name, nullable }) => (nullable ? `toFloat64(countIf(isNull(${quoted(name)})))` : '0.'));
  const bound = (side: 'min' | 'max') =>
    columns.map(({ name, ordered, canonical }) =>
      ordered
        ? `CAST(${over(canonical.target, `${side}(${quoted(name)})`)}, 'Nullable(String)')`
        : `CAST(NULL, 'Nullable(String)')`,
    );
  return `'columns' AS by, toFloat64(count()) AS rows, toString(sum(reinterpretAsUInt64(reverse(substring(MD5(${row}), 1, 8))))) AS checksum,
    [${nulls.join(', ')}] AS nulls, [${bound('min').join(', ')}] AS least, [${bound('max').join(', ')}] AS greatest`;
}

/** The texts of a row in one. */
function rowText(
  columns: readonly ColumnPlan[],
  text: (column: ColumnPlan) => string,
  nullMark: string,
  separator: string,
): string {
  const texts = columns.map((column) => {
    const name = quoted(column.name);
    const value = over(text(column), name);
    return column.nullable ? `if(isNull(${name}), ${nullMark}, assumeNotNull(${value}))` : value;
  });
  return texts.length === 1 ? texts[0]! : `concatWithSeparator(${separator}, ${texts.join(', ')})`;
}

function over(expression: string, column: string): string {
  return expression.replaceAll('{}', column);
}

/** Identities in one statement, in bytes: the server reads no longer one unless it is told to. */
const IDENTITIES_BYTES = 131_072;

/** Deletes rows of batches from `first` to before `before`, of those identities or all of them. */
export function* removeOlderStatements(
  { target, batchColumn, log }: TablePlan,
  { first, before }: { readonly first: bigint; readonly before: bigint },
  identities: readonly (readonly string[])[] | 'all',
): Generator<string> {
  const batch = quoted(batchColumn);
  const remove = (condition: string) =>
    `DELETE FROM ${quoted(target)} WHERE ${batch} >= ${first} AND ${batch} < ${before}${condition} SETTINGS lightweight_deletes_sync = 2`;
  if (identities === 'all') {
    yield remove('');
    return;
  }
  const columns = log!.identity;
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  // Arrays of texts that are cast as columns: a cast for each value would take the server milliseconds.
  const some = (list: readonly (readonly string[])[]) => {
    const arrays = columns.map((_, at) => `[${list.map((values) => chText(values[at]!)).join(',')}]`);
    const values = columns.map(({ type }, at) => `CAST(tupleElement(id, ${at + 1}), ${chText(type)})`);
    return remove(
      ` AND (${names}) IN (SELECT ${values.join(', ')} FROM (SELECT arrayJoin(arrayZip(${arrays.join(', ')})) AS id))`,
    );
  };
  let list: (readonly string[])[] = [];
  let bytes = 0;
  for (const values of identities) {
    list.push(values);
    bytes += values.reduce((sum, value) => sum + Buffer.byteLength(value) + 3, 0);
    if (bytes < IDENTITIES_BYTES) continue;
    yield some(list);
    list = [];
    bytes = 0;
  }
  if (list.length > 0) yield some(list);
}

function targetColumns({ columns, batchColumn }: TablePlan): string {
  return [...columns.map(({ name }) => name), batchColumn].map(quoted).join(', ');
}
