import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../../../src/query/activities/cursor.ts';
import { parseActivities, parseTimeseries, parseTop, parseTotals } from '../../../src/query/parse.ts';

const NOW = Date.parse('2026-07-15T11:00:00Z');
const totals = (search: string) => parseTotals(new URLSearchParams(search), NOW);
const timeseries = (search: string) => parseTimeseries(new URLSearchParams(search), NOW);
const top = (search: string) => parseTop(new URLSearchParams(search), NOW);
const activities = (search: string) => parseActivities(new URLSearchParams(search));

describe('a query string', () => {
  it('becomes a checked query with defaults for what it leaves out', () => {
    const period = { from: Date.parse('2026-06-16'), to: NOW, timezone: 'UTC' };
    expect(totals('')).toEqual({
      period,
      bots: 'exclude',
      filters: [],
      metrics: ['events', 'visitors', 'sessions', 'pageviews', 'revenue'],
    });
    expect(timeseries('')).toMatchObject({ interval: 'day', metrics: ['events', 'visitors'] });
    expect(top('dimension=country')).toMatchObject({ dimension: 'country', limit: 10, offset: 0 });
    expect(activities('')).toEqual({ limit: 100 });
  });

  it('says everything that can be said', () => {
    const search =
      'period=24h&timezone=europe/berlin&account=shop&bots=include&metrics=revenue,events&interval=minute&filter=country:is:DE,FR&filter=properties.plan:is_not:free';
    expect(timeseries(search)).toEqual({
      period: { from: NOW - 86_400_000, to: NOW, timezone: 'Europe/Berlin' },
      account: 'shop',
      bots: 'include',
      metrics: ['revenue', 'events'],
      interval: 'minute',
      filters: [
        { field: 'country', operator: 'is', values: ['DE', 'FR'] },
        { field: 'properties.plan', operator: 'is_not', values: ['free'] },
      ],
    });
    const position = { receivedAt: NOW, eventId: '0197a000-0000-7000-8000-000000000001' };
    const given = `limit=5&cursor=${encodeCursor(position)}&user_id=u&action=a&account=s&from=2026-01-01&to=2026-01-01&timezone=Asia/Tokyo`;
    expect(activities(given)).toEqual({
      limit: 5,
      after: position,
      user_id: 'u',
      action: 'a',
      account: 's',
      from: Date.parse('2025-12-31T15:00Z'),
      to: Date.parse('2026-01-01T15:00Z'),
    });
  });

  it.each<[(search: string) => object, string, string]>([
    [
      totals,
      'metric=events',
      'unknown parameter "metric"; did you mean metrics? Allowed: period, from, to, timezone, account, bots, filter, metrics',
    ],
    [totals, 'interval=day', 'unknown parameter "interval"'],
    [top, 'dimension=country&limits=3', 'did you mean limit?'],
    [activities, 'user=1', 'unknown parameter "user"'],
    [activities, '__proto__=1', 'unknown parameter "__proto__"'],
    [totals, 'account=', 'account: is empty; leave it away or give it a value'],
    [totals, 'bots=only&bots=include', 'bots: is given 2 times; once is allowed'],
    [totals, 'bots=none', 'bots: '],
    [
      totals,
      'metrics=events,visitor',
      'metrics.1: unknown metric "visitor"; did you mean visitors? Allowed: events, visitors, sessions, pageviews, revenue',
    ],
    [totals, 'metrics=events,events', 'metrics: a metric is named twice'],
    [totals, 'metrics=constructor', 'metrics.0: unknown metric "constructor"'],
    [totals, `${'filter=country:is:DE&'.repeat(21)}`, 'filters: a query has at most 20 filters'],
    [totals, 'period=tomorrow', 'period: "tomorrow" is unknown'],
    [timeseries, 'interval=year', 'interval: '],
    [timeseries, 'interval=minute', 'interval: minute gives 42420 points; the most is 2000'],
    [top, '', 'dimension: is missing'],
    [top, 'dimension=contry', 'dimension: unknown field "contry"; did you mean country?'],
    [top, 'dimension=country&limit=0', 'limit: '],
    [top, 'dimension=country&limit=1001', 'limit: '],
    [top, 'dimension=country&limit=1e3', 'limit: "1e3" is no whole number'],
    [top, 'dimension=country&offset=-1', 'offset: "-1" is no whole number'],
    [activities, 'limit=1001', 'limit: '],
    [activities, 'cursor=abc', 'cursor: is none that this route gave out'],
    [activities, 'from=yesterday', 'from: "yesterday" is no time'],
  ])('%o of %s is refused, naming what is wrong', (parse, search, message) => {
    expect(() => parse(search)).toThrow(
      expect.objectContaining({ code: 'TF_INPUT', message: expect.stringContaining(message) }),
    );
  });
});
