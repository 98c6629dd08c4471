import type { Event } from '../../../../src/event/event.ts';
import type { Metric, MetricValues } from '../../../../src/query/metrics.ts';
import { Zone } from '../../../../src/query/time/zone.ts';
import { event, numbersFrom, textOf } from '../stored-events.ts';

const DAY_MS = 86_400_000;
/** The first of six days in which the clocks of Berlin are set forward. */
const START = Date.parse('2026-03-26T00:00:00Z');

/** Events with few values in each field, so that every group and filter has some. The same ones each time. */
export function someEvents(count: number): Event[] {
  const number = numbersFrom(7);
  const pick = <T>(values: readonly T[]): T => values[number(values.length)]!;
  return Array.from({ length: count }, (_, index) => {
    const properties = {
      ...pick([{}, { plan: 'pro' }, { plan: 'free' }, { plan: 'Pro' }]),
      ...pick([{}, { count: 3 }, { count: '3' }, { count: 1.5 }, { count: true }, { count: 12 }]),
      ...pick([{}, {}, { date: '2026-01-05T10:00:00Z' }, { date: '2026-01-05' }]),
      ...pick([{}, {}, { "it's {a:String} -- \\ key": 'yes' }]),
    };
    return event(index + 1, {
      occurred_at: START + number(6 * DAY_MS),
      account: pick(['default', 'default', 'shop']),
      name: pick(['pageview', 'pageview', 'signup', 'purchase']),
      visitor_id: pick(['', ...Array.from({ length: 60 }, (_, visitor) => `visitor-${visitor}`)]),
      session_id: pick(['', ...Array.from({ length: 120 }, (_, session) => `session-${session}`)]),
      path: pick(['/', '/blog/1', '/blog/2,', '/docs', '/d%', '/über']),
      title: pick(['Home', "'; DROP TABLE events --", '\\N', 'tab\there\nline', 'NULL']),
      referrer_host: pick(['', 'example.com']),
      country: pick(['DE', 'FR', 'US', '']),
      browser: pick(['Firefox', 'Chrome', 'Safari']),
      bot: pick(['', '', '', 'crawler']),
      revenue: pick([0, 0, 199_900, -49_999, 1]),
      properties: JSON.stringify(properties),
    });
  });
}

/** The metrics of `chosen`, counted by hand. */
export function expected(chosen: readonly Event[], metrics: readonly Metric[]): MetricValues {
  const distinct = (field: 'visitor_id' | 'session_id') =>
    new Set(chosen.map((one) => one[field]).filter((id) => id !== '')).size;
  const all = {
    events: chosen.length,
    visitors: distinct('visitor_id'),
    sessions: distinct('session_id'),
    pageviews: chosen.filter((one) => one.name === 'pageview').length,
    revenue: decimal(chosen.reduce((sum, one) => sum + BigInt(one.revenue), 0n)),
  };
  return Object.fromEntries(metrics.map((name) => [name, all[name]])) as MetricValues;
}

/** Ten-thousandths as the shortest decimal. */
export function decimal(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}${fraction === '' ? '' : `.${fraction}`}`;
}

export function within(one: Event, from: string, to: string): boolean {
  return one.occurred_at >= Date.parse(from) && one.occurred_at < Date.parse(to);
}

/** An own reading of the few filters above: field and operator have no colons in them. */
export function matches(one: Event, filter: string): boolean {
  const [, field, operator, list] =
    /^((?:properties\.(?:plan|count|date|no such key|it's \{a\\:String\} -- \\\\ key))|\w+):(\w+):(.*)$/s.exec(filter)!;
  const text = textOf(one, field!.replace(/\\(.)/g, '$1'));
  const values = list!.split(/(?<!\\),/).map((value) => value.replace(/\\(.)/g, '$1'));
  switch (operator) {
    case 'is':
      return values.includes(text);
    case 'is_not':
      return !values.includes(text);
    case 'contains':
      return values.some((value) => text.includes(value));
    case 'not_contains':
      return !values.some((value) => text.includes(value));
    default:
      return values.some((value) => text.startsWith(value));
  }
}

/** The point of a series that an instant belongs to, reckoned from what the wall shows. */
export function pointOf(instant: number, interval: string, timezone: string): string {
  const zone = Zone.named(timezone)!;
  const wall = new Date(instant + zone.offsetMs(instant));
  if (interval === 'minute') return zone.iso(instant).replace(/:\d\d([+-])/, ':00$1');
  if (interval === 'hour') return zone.iso(instant).replace(/:\d\d:\d\d([+-])/, ':00:00$1');
  if (interval === 'week') wall.setUTCDate(wall.getUTCDate() - ((wall.getUTCDay() + 6) % 7));
  if (interval === 'month') wall.setUTCDate(1);
  return wall.toISOString().slice(0, 10);
}
