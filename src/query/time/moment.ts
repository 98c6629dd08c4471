import { TrackflowError } from '../../errors/error.ts';
import type { Zone } from './zone.ts';

/** Times outside are refused: 2000 to 2100, within what every date type of ClickHouse can hold. */
export const TIME_MIN = Date.UTC(2000, 0, 1);
export const TIME_MAX = Date.UTC(2100, 0, 1);

const ISO =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?(?<offset>Z|[+ -]\d\d:?\d\d)?)?$/;

/**
 * Milliseconds since the epoch of what a person typed: milliseconds (12 or 13 digits), an ISO date (midnight in
 * `zone`; with `edge` "end" the midnight after, so that the named day belongs to a period), or an ISO date with a time
 * (in `zone` unless it ends in Z or an offset). A blank before the offset is the `+` that a query string turned into
 * one. Throws TF_INPUT that names the parameter.
 */
export function parseMoment(parameter: string, text: string, zone: Zone, edge: 'start' | 'end'): number {
  const moment = /^\d{12,13}$/.test(text) ? Number(text) : fromIso(text, zone, edge);
  if (moment >= TIME_MIN && moment <= TIME_MAX) return moment;
  const shown = JSON.stringify(text.slice(0, 40));
  throw new TrackflowError(
    'TF_INPUT',
    `${parameter}: ${shown} is no time between 2000 and 2100. Allowed: a date like 2026-01-31, a date and time like 2026-01-31T08:00 or 2026-01-31T08:00:00Z, or milliseconds since 1970`,
  );
}

function fromIso(text: string, zone: Zone, edge: 'start' | 'end'): number {
  const groups = ISO.exec(text)?.groups;
  if (!groups) return Number.NaN;
  const number = (name: string) => Number(groups[name] ?? 0);
  const [year, month, day] = [number('year'), number('month'), number('day')];
  const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  if (groups.hour === undefined) return zone.instant({ year, month, day: edge === 'end' ? day + 1 : day });
  const ms = Number((groups.fraction ?? '').padEnd(3, '0').slice(0, 3));
  if (groups.offset === undefined) return zone.instant({ year, month, day, hour, minute, second, ms });
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - offsetMs(groups.offset);
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const digits = offset.replace(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
