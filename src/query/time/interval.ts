/**
 * The points of a time series. Minutes and hours are stretches of 60 and 3,600 seconds counted from the one that the
 * period begins in; days, weeks (from Monday) and months are those of the calendar in the period's zone, however long
 * the clocks make them.
 */
import type { Parameters } from '../parameters.ts';
import type { Period } from './period.ts';
import { Zone } from './zone.ts';

export const INTERVALS = ['minute', 'hour', 'day', 'week', 'month'] as const;

export type Interval = (typeof INTERVALS)[number];

/** Points of one series. */
export const POINTS_MAX = 2_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = { minute: 60_000, hour: HOUR_MS } as const;
const CALENDAR = { day: 'toDate(', week: 'toStartOfWeek(', month: 'toStartOfMonth(' } as const;

/** `key` is what the database calls the point, `time` what the answer does: local time with offset, or the date. */
export interface Point {
  readonly key: string;
  readonly time: string;
}

/** The interval that suits the length of a period: at most a few hundred points. */
export function defaultInterval({ from, to }: Period): Interval {
  const length = to - from;
  if (length <= 2 * HOUR_MS) return 'minute';
  if (length <= 3 * DAY_MS) return 'hour';
  return length <= 93 * DAY_MS ? 'day' : 'month';
}

/** How many points a period has, to within one. Cheap, so that it can be asked before `pointsOf`. */
export function countPoints({ from, to }: Period, interval: Interval): number {
  const days = { day: 1, week: 7, month: 28 };
  const step = interval === 'minute' || interval === 'hour' ? STEP_MS[interval] : days[interval] * DAY_MS;
  return Math.ceil((to - from) / step);
}

/** All points of the period in order, empty ones included. */
export function pointsOf(period: Period, interval: Interval): Point[] {
  return interval === 'minute' || interval === 'hour'
    ? elapsedPoints(period, STEP_MS[interval])
    : calendarPoints(period, interval);
}

/** SQL that yields the key of the point an event belongs to. */
export function compileInterval(period: Period, interval: Interval, parameters: Parameters): string {
  if (interval === 'minute' || interval === 'hour') {
    const origin = parameters.bind('Int64', originOf(period, STEP_MS[interval]));
    return `intDiv(toUnixTimestamp64Milli(occurred_at) - ${origin}, ${STEP_MS[interval]})`;
  }
  const monday = interval === 'week' ? '1, ' : '';
  return `${CALENDAR[interval]}occurred_at, ${monday}${parameters.bind('String', period.timezone)})`;
}

function elapsedPoints(period: Period, stepMs: number): Point[] {
  const zone = zoneOf(period);
  const origin = originOf(period, stepMs);
  const length = Math.ceil((period.to - origin) / stepMs);
  return Array.from({ length }, (_, index) => ({ key: String(index), time: zone.iso(origin + index * stepMs) }));
}

/** The start of the minute or hour, on the wall, that the period begins in. */
function originOf(period: Period, stepMs: number): number {
  const wall = period.from + zoneOf(period).offsetMs(period.from);
  return period.from - (wall % stepMs);
}

function calendarPoints(period: Period, interval: 'day' | 'week' | 'month'): Point[] {
  const zone = zoneOf(period);
  const last = dateOf(zone, period.to - 1);
  const points: Point[] = [];
  const next = dateOf(zone, period.from);
  if (interval === 'week') next.setUTCDate(next.getUTCDate() - ((next.getUTCDay() + 6) % 7));
  if (interval === 'month') next.setUTCDate(1);
  while (next <= last) {
    const date = next.toISOString().slice(0, 10);
    points.push({ key: date, time: date });
    if (interval === 'month') next.setUTCMonth(next.getUTCMonth() + 1);
    else next.setUTCDate(next.getUTCDate() + (interval === 'week' ? 7 : 1));
  }
  return points;
}

/** The local date at `instant`, as midnight UTC: a calendar without clocks. */
function dateOf(zone: Zone, instant: number): Date {
  const { year, month, day } = zone.local(instant);
  return new Date(Date.UTC(year, month - 1, day));
}

function zoneOf(period: Period): Zone {
  const zone = Zone.named(period.timezone);
  if (!zone) throw new Error(`time zone ${period.timezone} was not checked`);
  return zone;
}
