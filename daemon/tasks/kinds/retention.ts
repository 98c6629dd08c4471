import { z } from 'zod';
import type { ClickHouse, Params } from '../../../src/clickhouse/client.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { DAY_MS, HOUR_MS } from '../schedule.ts';

/** How long the flush gets to finish the batch that it is at, and those of an earlier process. */
const HOLD_WAIT_MS = 60_000;
/** How long it is held at the most; longer than any of our statements takes. */
const HOLD_MS = 30_000;
const STATEMENT_MS = 25_000;
export const FOR_EVER = 'events.retentionDays is 0 and no account has a retention: events are kept for ever';

/** How long events are kept. */
export interface Kept {
  /** Days that events are kept; 0 is for ever. */
  readonly days: number;
  /** Accounts whose events are kept for days of their own; 0 is for ever. */
  accounts(): readonly { readonly account: string; readonly days: number }[];
}

/** At 03:00 UTC. */
export const RETENTION_SCHEDULE = { everyMs: DAY_MS, offsetMs: 3 * HOUR_MS };

export interface RetentionParts extends Kept {
  /** A connection to each shard, which the caller closes. Rejects when one stays away. */
  connect(): Promise<readonly ClickHouse[]>;
  /**
   * Keeps batches of these months (YYYYMM) from the engine until the answer is called, for `holdMs` at the most. Null when
   * one is in flight and stays so for `waitMs`, or until `signal`.
   */
  hold(
    months: readonly number[],
    limits: { readonly waitMs: number; readonly holdMs: number },
    signal: AbortSignal,
  ): Promise<(() => void) | null>;
}

/**
 * Deletes events that occurred before the retention, at 03:00 UTC: whole months by dropping their partition where nobody's
 * events are kept longer, the rest row by row. An account may have a retention of its own, shorter or longer.
 *
 * Dropping a partition erases what ClickHouse knows of the batches in it, and a batch whose rows go while it is being
 * verified would be inserted again. So the flush is asked to keep batches of that month back for the moment; batches of
 * other months go on.
 */
export function retention(parts: RetentionParts): AnyTaskKind {
  return taskKind({
    kind: 'retention',
    paramsSchema: z.strictObject({}),
    // Accounts get a retention while the daemon runs.
    get refusal() {
      return isForEver(parts) ? FOR_EVER : null;
    },
    schedule: RETENTION_SCHEDULE,
    steps: [
      { name: 'drop-months', run: (context) => connected(parts, (client) => dropMonths(parts, client, context)) },
      { name: 'delete-rest', run: (context) => connected(parts, (client) => deleteRest(parts, client, context)) },
    ],
  });
}

type Context = TaskContext<object>;

async function dropMonths(parts: RetentionParts, client: ClickHouse, context: Context): Promise<void> {
  const days = [parts.days, ...parts.accounts().map((own) => own.days)];
  if (days.includes(0)) return;
  const cutoff = cutoffOf(Math.max(...days), context);
  const stored = await client.query<{ month: string; rows: number }>(
    `SELECT partition_id AS month, toFloat64(sum(rows)) AS rows FROM system.parts
     WHERE active AND database = currentDatabase() AND table = 'events' GROUP BY month ORDER BY month`,
  );
  // What is left is what is there: after a restart the months that were dropped do not come up again.
  const over = stored.filter(({ month }) => /^\d{6}$/.test(month) && endOfMonth(Number(month)) <= cutoff);
  for (const [index, { month, rows }] of over.entries()) {
    const statement = `ALTER TABLE events DROP PARTITION ID '${month}' SETTINGS max_partition_size_to_drop = 0`;
    await whileHeld(parts, Number(month), context, () => client.command(statement, {}, { timeoutMs: STATEMENT_MS }));
    context.log('info', 'retention_dropped', { month, rows });
    context.progress(index + 1, over.length);
    context.checkpoint({ month });
  }
}

async function deleteRest(parts: RetentionParts, client: ClickHouse, context: Context): Promise<void> {
  const over = overCondition(parts, context);
  if (over === null) return;
  const { condition, params } = over;
  const months = await client.query<{ month: number; rows: number }>(
    `SELECT toYYYYMM(occurred_at) AS month, toFloat64(count()) AS rows FROM events WHERE ${condition}
     GROUP BY month ORDER BY month`,
    params,
    { timeoutMs: STATEMENT_MS },
  );
  for (const [index, { month, rows }] of months.entries()) {
    const statement = `DELETE FROM events IN PARTITION ID '${month}' WHERE ${condition}`;
    await whileHeld(parts, month, context, () => client.command(statement, params, { timeoutMs: STATEMENT_MS }));
    context.log('info', 'retention_deleted', { month, rows });
    context.progress(index + 1, months.length);
    context.checkpoint({ month });
  }
}

/** Which rows are over, with the accounts bound as parameters; null when none ever is. */
function overCondition(
  parts: RetentionParts,
  context: Context,
): { readonly condition: string; readonly params: Params } | null {
  const own = parts.accounts();
  const before = (days: number) => `occurred_at < fromUnixTimestamp64Milli(${cutoffOf(days, context)})`;
  const params: Record<string, unknown> = {};
  const conditions: string[] = [];
  if (parts.days > 0) {
    params.others = own.map(({ account }) => account);
    const isOther = own.length === 0 ? '' : 'account NOT IN {others:Array(String)} AND ';
    conditions.push(`(${isOther}${before(parts.days)})`);
  }
  for (const days of new Set(own.map((one) => one.days))) {
    if (days === 0) continue;
    params[`kept${days}`] = own.filter((one) => one.days === days).map(({ account }) => account);
    conditions.push(`(account IN {kept${days}:Array(String)} AND ${before(days)})`);
  }
  if (own.length === 0) delete params.others;
  return conditions.length === 0 ? null : { condition: conditions.join(' OR '), params };
}

/** Whether nothing is ever over. */
export function isForEver(parts: Kept): boolean {
  return parts.days === 0 && parts.accounts().every(({ days }) => days === 0);
}

/** Does `work` on rows of a month while no batch of it is in flight. Throws TF_BUSY when one stays so. */
export async function whileHeld(
  parts: Pick<RetentionParts, 'hold'>,
  month: number,
  { signal }: Pick<Context, 'signal'>,
  work: () => Promise<void>,
): Promise<void> {
  const release = await parts.hold([month], { waitMs: HOLD_WAIT_MS, holdMs: HOLD_MS }, signal);
  if (release === null) {
    signal.throwIfAborted();
    throw new TrackflowError('TF_BUSY', `a batch of ${month} has been on its way for ${HOLD_WAIT_MS / 1_000} s`);
  }
  try {
    await work();
  } finally {
    release();
  }
}

async function connected(parts: RetentionParts, work: (client: ClickHouse) => Promise<void>): Promise<void> {
  const clients = await parts.connect();
  try {
    for (const client of clients) await work(client);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** From the task's own time, so that it stays where it is over restarts. */
export function cutoffOf(days: number, { createdAt }: Context): number {
  return createdAt - days * DAY_MS;
}

function endOfMonth(month: number): number {
  return Date.UTC(Math.floor(month / 100), month % 100);
}
