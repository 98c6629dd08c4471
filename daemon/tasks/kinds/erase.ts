import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ClickHouse, Params } from '../../../src/clickhouse/client.ts';
import { ERASE_KIND, type ErasedRows } from '../../../src/control/erasure.ts';
import { MIGRATE_KIND, VERIFY_KIND } from '../../../src/migrate/request.ts';
import { SFPL_KIND, SFPL_VERIFY_KIND } from '../../../src/migrate/sfpl/request.ts';
import type { StoreSession } from '../../../src/postgres/session.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { eraseFromStore } from './erase-from-store.ts';
import { type RetentionParts, whileHeld } from './retention.ts';

const MIGRATIONS = [MIGRATE_KIND, VERIFY_KIND, SFPL_KIND, SFPL_VERIFY_KIND];
const POLL_MS = 100;
const DELETE_MS = 25_000;
const PURGE_MS = 600_000;
const id = z.string().min(1).max(256);

const eraseParams = z
  .strictObject({ account: z.string().min(1).max(64).nullable(), visitorId: id.nullable(), userId: id.nullable() })
  .refine(({ visitorId, userId }) => (visitorId === null) !== (userId === null), {
    message: 'one of visitorId and userId says who',
  });

type Erasure = z.infer<typeof eraseParams>;

/** Rows of a table that were accepted so far, and those of them that wait for nothing any more. */
export interface TableFigures {
  readonly accepted: number;
  readonly settled: number;
}

export interface EraseParts extends Pick<RetentionParts, 'connect' | 'hold'> {
  /** Tables that rows of a person are in, each with the time that its months are of. */
  readonly tables: readonly { readonly name: string; readonly time: string }[];
  figures(): Readonly<Record<string, TableFigures>>;
  /** Seals what has been accepted, so that it is stored soon. */
  seal(): void;
  /** A session with the PostgreSQL that keeps the rows, which the caller closes; left out where ClickHouse keeps them. */
  readonly store?: () => Promise<StoreSession>;
  /** Forgets what a visitor agreed to, for one account or all. */
  forget(account: string | null, visitorId: string): void;
}

/**
 * Erases one visitor or user for good: what is stored, what waits to be stored, and what was agreed to.
 *
 * First everything that had been accepted before has to be stored; nothing is taken out of the spool. Then the rows are
 * deleted month by month, while batches of that month are kept back: the flush counts rows to know what it has stored. At
 * last they are taken out of the files, which hold deleted rows until they are merged.
 */
export function erase(parts: EraseParts): AnyTaskKind {
  return taskKind({
    kind: ERASE_KIND,
    paramsSchema: eraseParams,
    refusal: null,
    // What is copied or deleted meanwhile is counted by others, who would bring back what is missing.
    apart: ['engine-move', 'cutover', 'retention', ...MIGRATIONS],
    steps: [
      { name: 'wait', run: (context) => waitForSpool(parts, context) },
      { name: 'delete', run: (context) => deleteRows(parts, context) },
    ],
  });
}

async function waitForSpool(parts: EraseParts, context: TaskContext<Erasure>): Promise<void> {
  const { visitorId, account } = context.params;
  // Before the wait: nobody may be told apart by an agreement that is being erased.
  if (visitorId !== null) parts.forget(account, visitorId);
  const saved = context.saved as { readonly accepted: Readonly<Record<string, number>> } | null;
  const figures = parts.figures();
  const accepted =
    saved?.accepted ?? Object.fromEntries(Object.entries(figures).map(([name, one]) => [name, one.accepted]));
  context.checkpoint({ accepted });
  parts.seal();
  const isSettled = () => Object.entries(parts.figures()).every(([name, { settled }]) => settled >= accepted[name]!);
  while (!isSettled()) {
    await sleep(POLL_MS, undefined, { signal: context.signal });
    context.checkpoint({ accepted });
  }
}

async function deleteRows(parts: EraseParts, context: TaskContext<Erasure>): Promise<void> {
  const { visitorId, userId, account } = context.params;
  const who = visitorId === null ? 'user_id = {id:String}' : 'visitor_id = {id:String}';
  const condition = account === null ? who : `${who} AND account = {account:String}`;
  const params: Params = { id: visitorId ?? userId, ...(account !== null && { account }) };
  const rows: Record<string, number> = { ...(context.saved as { rows: ErasedRows } | null)?.rows };
  if (parts.store !== undefined && Object.keys(rows).length === 0) {
    Object.assign(rows, await eraseFromStore(parts.store, parts.tables, context.params));
    context.checkpoint({ rows });
  }
  // Also where PostgreSQL keeps them: a cutover that was given up has left copies here.
  const clients = await parts.connect();
  try {
    for (const client of clients) {
      for (const [index, table] of parts.tables.entries()) {
        const erased = await deleteFrom(parts, client, table, condition, params, context);
        rows[table.name] = (rows[table.name] ?? 0) + erased;
        context.progress(index + 1, parts.tables.length);
        context.checkpoint({ rows });
      }
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function deleteFrom(
  parts: EraseParts,
  client: ClickHouse,
  { name, time }: EraseParts['tables'][number],
  condition: string,
  params: Params,
  context: TaskContext<Erasure>,
): Promise<number> {
  let erased = 0;
  const months = await client.query<{ month: number; rows: number }>(
    `SELECT toYYYYMM(${time}) AS month, toFloat64(count()) AS rows FROM ${name} WHERE ${condition} GROUP BY month ORDER BY month`,
    params,
    { timeoutMs: PURGE_MS },
  );
  for (const { month, rows } of months) {
    const partition = `IN PARTITION ID '${month}'`;
    const statement = `DELETE FROM ${name} ${partition} WHERE ${condition} SETTINGS lightweight_deletes_sync = 2`;
    await whileHeld(parts, month, context, () => client.command(statement, params, { timeoutMs: DELETE_MS }));
    const purge = `ALTER TABLE ${name} APPLY DELETED MASK ${partition} SETTINGS mutations_sync = 2`;
    await client.command(purge, {}, { timeoutMs: PURGE_MS });
    erased += rows;
  }
  return erased;
}
