import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { narrowed } from '../../src/clickhouse/postgres-tables.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import { TABLES } from '../../src/event/tables.ts';
import type { Slice } from './slices.ts';

/** Stands in every insert of a cutover, so that one which nobody waits for any more is found. */
const MARK = '/* trackflow cutover */';
const STATEMENT_MS = 600_000;
/** A slice that is carried and still differs is carried once more: somebody may have deleted rows meanwhile. */
const CARRIES_MAX = 2;

/** Both sides as the one engine sees them: its views of PostgreSQL, and its own tables. */
export interface Sides {
  /** In the database of the views. */
  readonly from: ClickHouse;
  /** In the database of the tables. */
  readonly to: ClickHouse;
  /** The name of that database. */
  readonly database: string;
}

/** `whole` proves that rows are the same, `rows` that they are as many of the same ids and batches. */
export type Depth = 'rows' | 'whole';

interface Sums {
  readonly rows: number;
  readonly total: string;
  readonly parity: string;
}

/**
 * Makes a slice in ClickHouse equal to that in PostgreSQL and proves it. It looks only at what is there, so it may be cut anywhere
 * and begun again: what is equal stays, everything else is deleted and carried anew, under its own batch numbers. Returns
 * how many rows both have. Rejects with TF_VERIFICATION when they differ all the same.
 */
export async function syncSlice(sides: Sides, slice: Slice, depth: Depth, signal: AbortSignal): Promise<number> {
  for (let carries = 0; ; carries++) {
    const [wanted, found] = await sumsOf(sides, slice, carries === 0 ? depth : 'whole', signal);
    if (wanted.rows === found.rows && wanted.total === found.total && wanted.parity === found.parity)
      return wanted.rows;
    if (carries === CARRIES_MAX) throw mismatch(slice, wanted, found);
    const options = { timeoutMs: STATEMENT_MS, signal };
    if (found.rows > 0) await sides.to.command(`DELETE FROM ${slice.table} WHERE ${slice.where}`, {}, options);
    if (wanted.rows > 0) await carry(sides, slice, options);
  }
}

/** Ends inserts of a cutover that was cancelled or cut off, so that none lands late. */
export async function endStrayInserts({ to }: Sides): Promise<void> {
  await to.command(`KILL QUERY WHERE query LIKE '%${MARK}%' AND query NOT LIKE 'KILL%' SYNC`);
}

/** Rows of one of ClickHouse's own tables. */
export async function rowsIn({ to }: Sides, table: string): Promise<number> {
  const [found] = await to.query<{ rows: number }>('SELECT toFloat64(count()) AS rows FROM {table:Identifier}', {
    table,
  });
  return found!.rows;
}

async function carry(
  { from, database }: Sides,
  { table, where }: Slice,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const columns = [...TABLES[table].columns.map(({ name }) => name), 'batch'].join(', ');
  const select = narrowed(`SELECT ${columns} FROM ${table}`, { table, where });
  await from.command(
    `INSERT INTO ${database}.${table} (${columns}) ${MARK}
     SETTINGS async_insert = 0, insert_deduplicate = 0, max_partitions_per_insert_block = 0, max_insert_threads = 1,
       max_execution_time = ${STATEMENT_MS / 1_000}
     ${select}`,
    {},
    options,
  );
}

async function sumsOf(
  { from, to }: Sides,
  { table, where }: Slice,
  depth: Depth,
  signal: AbortSignal,
): Promise<readonly [Sums, Sums]> {
  const sql = `SELECT toFloat64(count()) AS rows, toString(sum(hash)) AS total, toString(groupBitXor(hash)) AS parity
    FROM (SELECT ${hashOf(table, depth)} AS hash FROM ${table} WHERE ${where})`;
  const options = { timeoutMs: STATEMENT_MS, signal };
  const [[wanted], [found]] = await Promise.all([
    from.query<Sums>(narrowed(sql, { table, where }), {}, options),
    to.query<Sums>(sql, {}, options),
  ]);
  return [wanted!, found!];
}

/** JSON has no hash that would not depend on how its paths are stored; its text does not. */
function hashOf(table: Slice['table'], depth: Depth): string {
  const { columns, id } = TABLES[table];
  if (depth === 'rows') return `cityHash64(${id}, batch)`;
  const values = columns.map(({ name, blockType }) => (blockType.startsWith('JSON') ? `toJSONString(${name})` : name));
  return `cityHash64(${[...values, 'batch'].join(', ')})`;
}

function mismatch({ table, where }: Slice, wanted: Sums, found: Sums): TrackflowError {
  const told = ({ rows, total, parity }: Sums) => `${rows} rows, sum ${total}, parity ${parity}`;
  const message = `${table} differs after it was carried: ${told(wanted)} in PostgreSQL, ${told(found)} in ClickHouse, of ${where}`;
  return new TrackflowError('TF_VERIFICATION', message.slice(0, 500), {
    hints: ['PostgreSQL goes on to keep the events; nothing of it was changed'],
  });
}
