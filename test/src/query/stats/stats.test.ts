import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseReader } from '../../../../src/query/clickhouse-reader.ts';
import { FILTER_LIMITS, type Filter } from '../../../../src/query/filters.ts';
import { METRICS, type Metric } from '../../../../src/query/metrics.ts';
import { parseTimeseries, parseTop, parseTotals } from '../../../../src/query/parse.ts';
import { readTimeseries } from '../../../../src/query/stats/timeseries.ts';
import { readTop } from '../../../../src/query/stats/top.ts';
import { readTotals } from '../../../../src/query/stats/totals.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../../support/engine.ts';
import { event, store, textOf } from '../stored-events.ts';
import { decimal, expected, matches, pointOf, someEvents, within } from './known-events.ts';

const NOW = Date.parse('2026-04-02T10:00:00Z');

let clickhouse: TestEngine;
let reader: ClickHouseReader;
const events = someEvents(600);

beforeAll(async () => {
  clickhouse = await startEngine();
  reader = new ClickHouseReader(clickhouse.endpoint, TEST_LIMITS);
  await store(clickhouse.endpoint, events);
});

afterAll(async () => {
  await reader.close();
  await clickhouse.stop();
});

describe('totals', () => {
  it('counts every metric of the people in a period', async () => {
    const answer = await totals('from=2026-03-27&to=2026-03-30&timezone=Europe/Berlin');
    expect(answer.period).toEqual({
      from: '2026-03-26T23:00:00.000Z',
      to: '2026-03-30T22:00:00.000Z',
      interval: null,
      timezone: 'Europe/Berlin',
    });
    const chosen = events.filter(
      (one) => within(one, '2026-03-26T23:00:00Z', '2026-03-30T22:00:00Z') && one.bot === '',
    );
    expect(chosen.length).toBeGreaterThan(100);
    expect(answer.results).toEqual([expected(chosen, METRICS)]);
    expect(Object.keys(answer.results[0]!)).toEqual(['events', 'visitors', 'sessions', 'pageviews', 'revenue']);
  });

  it('is a row of zeros where nothing happened', async () => {
    expect((await totals('from=2020-01-01&to=2020-01-02')).results).toEqual([
      { events: 0, visitors: 0, sessions: 0, pageviews: 0, revenue: '0' },
    ]);
  });

  it('includes the first instant of a period and not its end', async () => {
    const { occurred_at } = events.find((one) => one.bot === '')!;
    const count = async (from: number, to: number) =>
      (await totals(`from=${from}&to=${to}&metrics=events`)).results[0]!.events;
    const at = (from: number, to: number) =>
      events.filter((one) => one.bot === '' && one.occurred_at >= from && one.occurred_at < to).length;
    expect(await count(occurred_at, occurred_at + 1)).toBe(at(occurred_at, occurred_at + 1));
    expect(await count(occurred_at - 1, occurred_at)).toBe(at(occurred_at - 1, occurred_at));
  });

  it('counts bots when they are asked for', async () => {
    const people = events.filter((one) => one.bot === '').length;
    const count = async (bots: string) => (await totals(`period=30d&metrics=events${bots}`)).results[0]!.events;
    expect(people).toBeLessThan(events.length);
    expect(await count('')).toBe(people);
    expect(await count('&bots=exclude')).toBe(people);
    expect(await count('&bots=include')).toBe(events.length);
    expect(await count('&bots=only')).toBe(events.length - people);
  });

  it('keeps every digit of a revenue that no JavaScript number holds', async () => {
    const units = Number.MAX_SAFE_INTEGER;
    const rich = [1, 2, 3].map((number) =>
      event(9_000_000 + number, { occurred_at: Date.parse('2025-01-01'), account: 'rich', revenue: units }),
    );
    await store(clickhouse.endpoint, rich);
    const [row] = (await totals('from=2025-01-01&to=2025-01-01&account=rich&metrics=revenue')).results;
    expect(row).toEqual({ revenue: decimal(3n * BigInt(units)) });
  });
});

describe('filters', () => {
  it.each([
    'country:is:DE',
    'country:is:DE,FR',
    'country:is_not:DE,FR',
    'country:is:',
    'country:is_not:',
    'path:contains:/blog',
    'path:contains:ü,2\\,',
    'path:not_contains:/blog,ü',
    'path:starts_with:/b,/d',
    'path:starts_with:/d%',
    'account:is:shop',
    'referrer_host:is:',
    'properties.plan:is:pro',
    'properties.plan:is_not:pro,free',
    'properties.plan:is:',
    'properties.count:is:3',
    'properties.count:is:3,1.5,true',
    'properties.count:starts_with:1',
    'properties.date:is:2026-01-05T10:00:00Z',
    'properties.date:is:2026-01-05',
    'properties.no such key:is:',
    "properties.it's {a\\:String} -- \\\\ key:is:yes",
    "title:is:'; DROP TABLE events --",
    'title:is:\\\\N',
    'title:is:tab\there\nline',
  ])('%s', async (filter) => {
    const chosen = events.filter((one) => one.bot === '' && matches(one, filter));
    const search = new URLSearchParams({ period: '30d', metrics: 'events,visitors', filter });
    const { results } = await readTotals(reader, parseTotals(search, NOW));
    expect(results).toEqual([expected(chosen, ['events', 'visitors'])]);
    expect(chosen.length).toBeGreaterThan(0);
  });

  it('must all hold', async () => {
    const filters = ['country:is:DE,FR', 'path:contains:/blog', 'properties.plan:is_not:free'];
    const search = new URLSearchParams({ period: '30d', metrics: 'events' });
    for (const filter of filters) search.append('filter', filter);
    const chosen = events.filter((one) => one.bot === '' && filters.every((filter) => matches(one, filter)));
    expect((await readTotals(reader, parseTotals(search, NOW))).results).toEqual([{ events: chosen.length }]);
    expect(chosen.length).toBeGreaterThan(5);
  });

  it.each(["'", '\\', '\t', 'é', '%', '😀'])(
    'reach the engine however many and long they are, full of %j',
    async (text) => {
      const params = parseTotals(new URLSearchParams({ period: '30d', metrics: 'events' }), NOW);
      const none: Filter = { field: 'country', operator: 'is_not', values: ['X'] };
      const long = text.repeat(Math.floor((FILTER_LIMITS.bytesMax - 20) / Buffer.byteLength(text)));
      const filters = [...Array<Filter>(19).fill(none), { ...none, values: [long] }];
      expect((await readTotals(reader, { ...params, filters })).results).toEqual([
        { events: events.filter((one) => one.bot === '').length },
      ]);
    },
  );
});

describe('timeseries', () => {
  it.each([
    ['hour', 'UTC'],
    ['hour', 'Europe/Berlin'],
    ['hour', 'Asia/Kathmandu'],
    ['day', 'UTC'],
    ['day', 'Europe/Berlin'],
    ['day', 'America/New_York'],
    ['week', 'Europe/Berlin'],
    ['month', 'Pacific/Auckland'],
  ])('counts by %s in %s, with zeros in the gaps', async (interval, timezone) => {
    const query = `from=2026-03-25&to=2026-04-02&timezone=${timezone}&interval=${interval}&metrics=events,visitors,revenue`;
    const answer = await timeseries(query);
    const chosen = events.filter(
      (one) =>
        one.bot === '' &&
        one.occurred_at >= Date.parse(answer.period.from) &&
        one.occurred_at < Date.parse(answer.period.to),
    );
    const byTime = Map.groupBy(chosen, (one) => pointOf(one.occurred_at, interval, timezone));
    expect(answer.period.interval).toBe(interval);
    expect(new Set(answer.results.map(({ time }) => time))).toEqual(
      new Set([...answer.results.map(({ time }) => time), ...byTime.keys()]),
    );
    for (const { time, ...values } of answer.results) {
      expect({ time, ...values }).toEqual({
        time,
        ...expected(byTime.get(time) ?? [], ['events', 'visitors', 'revenue']),
      });
    }
    expect(answer.results.reduce((sum, row) => sum + row.events!, 0)).toBe(chosen.length);
  });

  it('counts by minute from the minute in which the period begins', async () => {
    const { occurred_at } = events[100]!;
    const { results } = await timeseries(
      `from=${occurred_at - 90_000}&to=${occurred_at + 1}&metrics=events&bots=include`,
    );
    expect(results.length).toBeGreaterThanOrEqual(2);
    expect(results.at(-1)!.time).toBe(pointOf(occurred_at, 'minute', 'UTC'));
    expect(results.at(-1)!.events).toBeGreaterThanOrEqual(1);
  });

  it('has the hour that the clocks jump over in no answer', async () => {
    const { results } = await timeseries('from=2026-03-29&to=2026-03-29&timezone=Europe/Berlin&interval=hour');
    expect(results).toHaveLength(23);
    expect(results[2]!.time).toBe('2026-03-29T03:00:00+02:00');
  });

  it('refuses more points than the most, naming the intervals that are allowed', () => {
    expect(() => parseTimeseries(new URLSearchParams('period=30d&interval=minute'), NOW)).toThrow(
      /^interval: minute gives \d+ points; the most is 2000\. Allowed for this period: hour, day, week, month$/,
    );
  });
});

describe('top', () => {
  it.each<[string, readonly Metric[]]>([
    ['country', ['events', 'visitors']],
    ['path', ['visitors', 'events']],
    ['name', ['revenue', 'events']],
    ['browser', ['sessions']],
    ['properties.plan', ['events', 'visitors']],
    ['properties.count', ['events']],
    ['properties.date', ['events']],
    ['properties.nothing', ['events']],
    ["properties.it's {a:String} -- \\ key", ['events']],
  ])('%s by %s', async (dimension, metrics) => {
    const search = new URLSearchParams({ period: '30d', dimension, metrics: metrics.join(','), limit: '1000' });
    const { results } = await readTop(reader, parseTop(search, NOW));
    const groups = Map.groupBy(
      events.filter((one) => one.bot === ''),
      (one) => textOf(one, dimension),
    );
    const wanted = [...groups].map(([value, group]) => ({ value, ...expected(group, metrics) }));
    const key = metrics[0]!;
    wanted.sort(
      (a, b) => Number(b[key]) - Number(a[key]) || Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)),
    );
    expect(results).toEqual(wanted);
  });

  it('is cut and moved by limit and offset', async () => {
    const all = (await top('period=30d&dimension=path&limit=1000')).results;
    expect((await top('period=30d&dimension=path&limit=3')).results).toEqual(all.slice(0, 3));
    expect((await top('period=30d&dimension=path&limit=3&offset=2')).results).toEqual(all.slice(2, 5));
    expect((await top('period=30d&dimension=path&offset=100000')).results).toEqual([]);
  });
});

describe('visitors and sessions', () => {
  const day = 'from=2024-05-01&to=2024-05-01';
  const crowds = { '/exact': 1_000, '/near': 9_000 };

  beforeAll(async () => {
    const visits = Object.entries(crowds).flatMap(([path, visitors], page) =>
      Array.from({ length: visitors + 10 }, (_, n) => {
        const id = n < visitors ? `${path} ${n}` : '';
        const number = 20_000_000 + page * 1_000_000 + n;
        return event(number, { occurred_at: Date.parse('2024-05-01'), path, visitor_id: id, session_id: id });
      }),
    );
    await store(clickhouse.endpoint, visits);
  });

  it('are exact in totals and points in time up to 65,536, without the events that have none', async () => {
    const all = { visitors: 10_000, sessions: 10_000 };
    expect((await totals(`${day}&metrics=visitors,sessions`)).results).toEqual([all]);
    expect((await timeseries(`${day}&interval=day&metrics=visitors,sessions`)).results).toEqual([
      { time: '2024-05-01', ...all },
    ]);
  });

  it('are exact for each value of a dimension up to 1,000, and within a hundredth above', async () => {
    const [near, exact] = (await top(`${day}&dimension=path&metrics=visitors,sessions`)).results;
    expect(exact).toEqual({ value: '/exact', visitors: 1_000, sessions: 1_000 });
    expect(Math.abs(near!.visitors! / crowds['/near'] - 1)).toBeLessThan(0.01);
    expect(near!.sessions).toBe(near!.visitors);
  });
});

const totals = (search: string) => readTotals(reader, parseTotals(new URLSearchParams(search), NOW));
const timeseries = (search: string) => readTimeseries(reader, parseTimeseries(new URLSearchParams(search), NOW));
const top = (search: string) => readTop(reader, parseTop(new URLSearchParams(search), NOW));
