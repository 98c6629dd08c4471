import { z } from 'zod';
import { TrackflowError } from '../../errors/error.ts';
import { parseMoment, TIME_MAX, TIME_MIN } from './moment.ts';
import { Zone } from './zone.ts';

const momentSchema = z.number().int().min(TIME_MIN).max(TIME_MAX);

/** Milliseconds since the epoch, `to` not included, and the zone that days, weeks and months are taken in. */
export const periodSchema = z
  .strictObject({
    from: momentSchema,
    to: momentSchema,
    timezone: z.string().refine((name) => Zone.named(name)?.name === name, 'unknown time zone'),
  })
  .refine(({ from, to }) => from < to, { error: 'from must be before to' });

export type Period = z.infer<typeof periodSchema>;

/** What a person typed; all of it optional. */
export interface PeriodText {
  readonly period?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone?: string | undefined;
}

export const PERIOD_DEFAULT = '30d';

const ALLOWED =
  'today, yesterday, week, month, year, or a number with min, h, d, w, mo or y, like 90min, 24h, 7d, 12mo (at most 9999 of them)';

/**
 * The period that was asked for, `30d` when nothing was. `now` in milliseconds since the epoch.
 *
 * `90min` and `24h` are exactly that long and end now. `7d`, `4w`, `12mo`, `2y` are calendar units of the time zone
 * up to now, the current one included: `7d` is today and the six days before it. `week` (from Monday), `month` and
 * `year` are the current ones up to now. `from` and `to` take what `parseMoment` takes; a `to` that is only a date
 * includes that day, and without `to` the period ends now. Throws TF_INPUT.
 */
export function resolvePeriod(text: PeriodText, now: number): Period {
  const zone = resolveZone(text.timezone);
  const range = text.from === undefined && text.to === undefined ? named(text, zone, now) : typed(text, zone, now);
  const [from, to] = range;
  if (from < TIME_MIN || to > TIME_MAX) throw new TrackflowError('TF_INPUT', 'period: reaches outside 2000 to 2100');
  if (from >= to) {
    const shown = [from, to].map((moment) => new Date(moment).toISOString());
    throw new TrackflowError('TF_INPUT', `from: ${shown[0]} is not before to, ${shown[1]}`);
  }
  return { from, to, timezone: zone.name };
}

/** The zone of that name, UTC without one. Throws TF_INPUT. */
export function resolveZone(name: string | undefined): Zone {
  const zone = Zone.named(name ?? 'UTC');
  if (zone) return zone;
  const shown = JSON.stringify(name?.slice(0, 64));
  throw new TrackflowError('TF_INPUT', `timezone: ${shown} is not known. Allowed: an IANA name like Europe/Berlin`);
}

function typed({ period, from, to }: PeriodText, zone: Zone, now: number): [number, number] {
  if (period !== undefined) throw new TrackflowError('TF_INPUT', 'period: give either period or from and to');
  if (from === undefined) throw new TrackflowError('TF_INPUT', 'from: is missing; to alone is no period');
  return [parseMoment('from', from, zone, 'start'), to === undefined ? now : parseMoment('to', to, zone, 'end')];
}

function named({ period = PERIOD_DEFAULT }: PeriodText, zone: Zone, now: number): [number, number] {
  const counted = /^([1-9]\d{0,3})(min|h|d|w|mo|y)$/.exec(period);
  const range = counted ? lasting(Number(counted[1]), counted[2] as Unit, zone, now) : current(period, zone, now);
  if (range) return range;
  const shown = JSON.stringify(period.slice(0, 40));
  throw new TrackflowError('TF_INPUT', `period: ${shown} is unknown. Allowed: ${ALLOWED}`);
}

type Unit = 'min' | 'h' | 'd' | 'w' | 'mo' | 'y';

function lasting(count: number, unit: Unit, zone: Zone, now: number): [number, number] {
  const { year, month, day } = zone.local(now);
  switch (unit) {
    case 'min':
      return [now - count * 60_000, now];
    case 'h':
      return [now - count * 3_600_000, now];
    case 'd':
      return [zone.instant({ year, month, day: day + 1 - count }), now];
    case 'w':
      return [zone.instant({ year, month, day: mondayOf(year, month, day) - 7 * (count - 1) }), now];
    case 'mo':
      return [zone.instant({ year, month: month + 1 - count, day: 1 }), now];
    case 'y':
      return [zone.instant({ year: year + 1 - count, month: 1, day: 1 }), now];
  }
}

function current(name: string, zone: Zone, now: number): [number, number] | undefined {
  const { year, month, day } = zone.local(now);
  const today = zone.instant({ year, month, day });
  switch (name) {
    case 'today':
      return [today, now];
    case 'yesterday':
      return [zone.instant({ year, month, day: day - 1 }), today];
    case 'week':
      return lasting(1, 'w', zone, now);
    case 'month':
      return lasting(1, 'mo', zone, now);
    case 'year':
      return lasting(1, 'y', zone, now);
    default:
      return undefined;
  }
}

/** Day of the month on which the week began; below 1 when it was in the month before. */
function mondayOf(year: number, month: number, day: number): number {
  return day - ((new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7);
}
