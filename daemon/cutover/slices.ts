import type { TableName } from '../../src/event/tables.ts';
import type { StoreSession } from '../../src/postgres/session.ts';
import { STORE_SCHEMA } from '../../src/postgres/store-access.ts';

/** Ids of one slice: few enough that comparing and copying them is a second's work, or two. */
export const SLICE_IDS = 100_000n;
/** Numbers of a spool follow each other; those of another spool begin far away (`daemon/spool/identity.ts`). */
const GAP = 65_536n;

/**
 * Whole batches, those of which a row has an id in a window of ids: a batch at its edge is in two slices, which does no harm.
 * So rows are told apart by what both stores have of them.
 */
export interface Slice {
  readonly table: TableName;
  /** Condition on `batch`, for either side. */
  readonly where: string;
}

/** The slice of the ids behind `after` up to `through`; null where there are none. */
export async function sliceOf(
  session: StoreSession,
  table: TableName,
  after: bigint,
  through: bigint,
): Promise<Slice | null> {
  // By its number: ordered as text it would be another order.
  const rows = await session.query<{ number: string }>(
    `SELECT batch::text AS number FROM ${STORE_SCHEMA}.${table} WHERE id > $1 AND id <= $2 GROUP BY batch ORDER BY batch`,
    [after.toString(), through.toString()],
  );
  if (rows.length === 0) return null;
  const runs: { from: bigint; to: bigint }[] = [];
  for (const row of rows) {
    const number = BigInt(row.number);
    const last = runs.at(-1);
    if (last !== undefined && number - last.to <= GAP) last.to = number;
    else runs.push({ from: number, to: number });
  }
  const where = runs.map(({ from, to }) => `(batch >= ${from} AND batch <= ${to})`).join(' OR ');
  return { table, where: `(${where})` };
}

/** Rows of a table, and its greatest id: 0 where it is empty. */
export async function extentOf(
  session: StoreSession,
  table: TableName,
): Promise<{ readonly rows: number; readonly last: bigint }> {
  const [found] = await session.query<{ rows: number; last: string }>(
    `SELECT count(*)::float8 AS rows, coalesce(max(id), 0)::text AS last FROM ${STORE_SCHEMA}.${table}`,
  );
  return { rows: found!.rows, last: BigInt(found!.last) };
}

/** The greatest id of a table, 0 where it is empty. */
export async function lastId(session: StoreSession, table: TableName): Promise<bigint> {
  const [found] = await session.query<{ last: string }>(
    `SELECT coalesce(max(id), 0)::text AS last FROM ${STORE_SCHEMA}.${table}`,
  );
  return BigInt(found!.last);
}
