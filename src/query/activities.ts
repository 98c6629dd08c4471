/**
 * The newest events, page by page: `GET /activities`.
 *
 * Promises: newest first by `received_at`, within a millisecond by `event_id` in the order of its text (ClickHouse
 * itself compares the second half of a UUID first, which would shuffle version 7); never the same event twice; a page
 * costs the rows of its time range, not of the table. It is looked for in windows that widen into the past, one after
 * the other without overlap, until it is full: an hour, a day, thirty days, then everything. ClickHouse skips what
 * lies outside a window by the least and greatest `received_at` it keeps of each part (of each granule where the table
 * has a minmax index), so a busy table is read a piece at a time; a quiet one, or a rare user, is read once, in four
 * steps at most.
 *
 * The cursor is the last row of the page, so events that arrive between two pages move nothing. An event that was
 * received before the cursor's but stored after its page was read is not shown by later pages.
 */
import { z } from 'zod';
import type { Narrow } from '../clickhouse/postgres-tables.ts';
import { encodeCursor, type Position } from './activities/cursor.ts';
import { ACTIVITY_COLUMNS, type ActivityRow, type RawActivity, toActivity } from './activities/row.ts';
import { Parameters } from './parameters.ts';
import { checkParams, type Question } from './question.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { accountSchema } from './stats/scope.ts';

export const ACTIVITIES_LIMIT_DEFAULT = 100;
export const ACTIVITIES_LIMIT_MAX = 1_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far back from its newest row a page is looked for, step by step. */
export const WINDOWS_MS = [HOUR_MS, DAY_MS, 30 * DAY_MS, Number.POSITIVE_INFINITY] as const;

const instant = z
  .number()
  .int()
  .min(0)
  .max(Date.UTC(2200, 0, 1));

const activitiesSchema = z.strictObject({
  limit: z.number().int().min(1).max(ACTIVITIES_LIMIT_MAX),
  /** Only rows after this one. */
  after: z.strictObject({ receivedAt: instant, eventId: z.guid() }).optional(),
  account: accountSchema,
  user_id: z.string().optional(),
  action: z.string().optional(),
  /** Bounds of `received_at` in milliseconds; `to` is not included. */
  from: instant.optional(),
  to: instant.optional(),
});

export type ActivitiesParams = z.infer<typeof activitiesSchema>;

export interface ActivitiesPage {
  readonly rows: readonly ActivityRow[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** One window of a page: the rows with `from <= received_at < to` that the parameters select. */
export const activities: Question<ActivitiesParams, RawActivity, ActivityRow> = {
  name: 'activities',
  params: activitiesSchema,

  compile(params) {
    const parameters = new Parameters();
    const conditions = compileConditions(params, parameters);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const limit = parameters.bind('UInt32', params.limit);
    const sql = `SELECT ${ACTIVITY_COLUMNS} FROM events ${where} ORDER BY events.received_at DESC, UUIDToNum(events.event_id) DESC LIMIT ${limit}`;
    const narrow: Narrow = { table: 'events', where: conditions.join(' AND ') };
    return { sql, params: parameters.values, ...(conditions.length > 0 && { narrow }) };
  },

  rows: (raw) => raw.map(toActivity),
};

/** One page. `now` in milliseconds since the epoch. Rejects with TF_INPUT, else as `Reader.query` does. */
export async function readActivities(
  reader: Reader,
  given: ActivitiesParams,
  now: number,
  options?: ReadOptions,
): Promise<ActivitiesPage> {
  const params = checkParams(activities.params, given);
  const wanted = params.limit + 1; // one more than the page tells whether there is a next one
  const found: ActivityRow[] = [];
  for (const window of windowsOf(params, now)) {
    const { sql, params: bound, narrow } = activities.compile({ ...params, ...window, limit: wanted - found.length });
    found.push(...activities.rows(await reader.query<RawActivity>(sql, bound, { ...options, narrow }), params));
    if (found.length >= wanted) break;
  }
  const rows = found.slice(0, params.limit);
  return { rows, nextCursor: found.length > params.limit ? encodeCursor(positionOf(rows.at(-1)!)) : null };
}

/** Newest first. Together they are exactly the range that was asked for. */
function windowsOf({ after, from, to }: ActivitiesParams, now: number): { from?: number; to?: number }[] {
  const newest = Math.min(now, after?.receivedAt ?? now, to ?? now);
  const windows: { from?: number; to?: number }[] = [];
  let upper = to;
  for (const widthMs of WINDOWS_MS) {
    const lower = Math.max(newest - widthMs, from ?? Number.NEGATIVE_INFINITY, 0);
    windows.push({ ...(lower > 0 && { from: lower }), ...(upper !== undefined && { to: upper }) });
    if (lower === (from ?? 0)) break;
    upper = lower;
  }
  return windows;
}

function compileConditions(params: ActivitiesParams, parameters: Parameters): string[] {
  const { account, user_id, action, from, to, after } = params;
  const time = (ms: number) => `fromUnixTimestamp64Milli(${parameters.bind('Int64', ms)}, 'UTC')`;
  const conditions: string[] = [];
  if (account !== undefined) conditions.push(`events.account = ${parameters.bind('String', account)}`);
  if (user_id !== undefined) conditions.push(`events.user_id = ${parameters.bind('String', user_id)}`);
  if (action !== undefined) conditions.push(`events.name = ${parameters.bind('String', action)}`);
  if (from !== undefined) conditions.push(`events.received_at >= ${time(from)}`);
  if (to !== undefined) conditions.push(`events.received_at < ${time(to)}`);
  if (after !== undefined) conditions.push(...compileAfter(after, time, parameters));
  return conditions;
}

/** The first condition is what the index can use, the second decides within the millisecond. */
function compileAfter(after: Position, time: (ms: number) => string, parameters: Parameters): string[] {
  const at = time(after.receivedAt);
  return [
    `events.received_at <= ${at}`,
    `(events.received_at < ${at} OR UUIDToNum(events.event_id) < UUIDToNum(${parameters.bind('UUID', after.eventId)}))`,
  ];
}

function positionOf(row: ActivityRow): Position {
  return { receivedAt: Date.parse(row.created_at), eventId: row.event_id };
}
