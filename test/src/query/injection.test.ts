import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrackflowError } from '../../../src/errors/error.ts';
import { encodeCursor } from '../../../src/query/activities/cursor.ts';
import { readActivities } from '../../../src/query/activities.ts';
import { ClickHouseReader } from '../../../src/query/clickhouse-reader.ts';
import { DIMENSIONS } from '../../../src/query/field.ts';
import { OPERATORS, parseFilter } from '../../../src/query/filters.ts';
import { parseActivities, parseTimeseries, parseTop, parseTotals } from '../../../src/query/parse.ts';
import { readTimeseries, timeseries } from '../../../src/query/stats/timeseries.ts';
import { readTop, top } from '../../../src/query/stats/top.ts';
import { readTotals, totals } from '../../../src/query/stats/totals.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { event, store } from './stored-events.ts';

const NOW = Date.parse('2026-06-30T12:00:00Z');

const HOSTILE = [
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  "\\\\'",
  "' OR '1'='1",
  "' OR 1=1 --",
  "'; DROP TABLE events; --",
  "') UNION ALL SELECT password FROM system.users --",
  '1); DROP TABLE events',
  "x' AND sleep(3) AND '1'='1",
  '{p0:String}',
  '{p0:Identifier}',
  '{{p0}}',
  '$p0',
  '$(1+1)',
  ':p0',
  '?',
  '%27%20OR%201=1',
  '%s%n',
  '/* */ OR 1=1 /*',
  '-- x',
  '# x',
  'x\nFORMAT CSV',
  'x\r\n; SELECT 1',
  "$$'$$",
  '\u0000',
  'a\u0000b',
  '\u2028',
  '\u02bc OR 1=1',
  '＇ OR 1=1',
  '\\x27 OR 1=1',
  '\\N',
  'NULL',
  'toString(1)',
  "file('/etc/passwd')",
  '(SELECT 1)',
  '*',
  'events',
  '`',
  '``',
  '` OR 1=1 --',
  '`) OR 1=1 --',
  '\\`',
  ':`x`',
  '.:`Int64`',
  '^`a`',
  '@`a`',
  '^a',
  'a[]',
  '.',
  '..',
  '[1,2]',
  "['a']",
  '__proto__',
  'constructor',
  '\ud800',
  'é😀',
];

let clickhouse: TestEngine;
let reader: ClickHouseReader;

/** Each event has a hostile value as its title and a hostile key in its properties, whatever the JSON type takes. */
const titles = HOSTILE.map((text) => text.toWellFormed());
const keys = titles.filter((text) => !text.includes('`') && !/^\.|\.$|\.\./.test(text) && text !== '__proto__');

beforeAll(async () => {
  clickhouse = await startEngine();
  reader = new ClickHouseReader(clickhouse.endpoint, TEST_LIMITS);
  await store(clickhouse.endpoint, [
    ...titles.map((title, index) =>
      event(index + 1, { occurred_at: NOW - 1_000, account: 'titles', title, user_id: title }),
    ),
    ...keys.map((key, index) =>
      event(index + 1_001, {
        occurred_at: NOW - 1_000,
        account: 'keys',
        properties: `{${JSON.stringify(key)}:${JSON.stringify(`value ${index}`)}}`,
      }),
    ),
  ]);
});

afterAll(async () => {
  await reader.close();
  await clickhouse.stop();
});

/** A backslash before what a filter gives a meaning. */
const escaped = (text: string) => text.replace(/[\\,:]/g, '\\$&');
/** One window of activities instead of all. */
const recent = { from: String(NOW - 60_000) };
const search = (params: Record<string, string>) => new URLSearchParams({ period: '1d', ...params });

describe('a hostile text', () => {
  it.each(titles)('is a value like any other: %j', async (title) => {
    const answer = await readTotals(
      reader,
      parseTotals(search({ account: 'titles', metrics: 'events', filter: `title:is:${escaped(title)}` }), NOW),
    );
    expect(answer.results).toEqual([{ events: titles.filter((one) => one === title).length }]);
    for (const operator of OPERATORS) {
      const filter = `title:${operator}:${escaped(title)}`;
      const { results } = await readTop(
        reader,
        parseTop(search({ account: 'titles', dimension: 'title', limit: '1000', filter }), NOW),
      );
      expect(results.map(({ value }) => value).sort()).toEqual(
        distinct(titles.filter((one) => holds(operator, one, title))),
      );
    }
    const page = await readActivities(reader, parseActivities(new URLSearchParams({ ...recent, user_id: title })), NOW);
    expect(page.rows.map((row) => row.title)).toEqual(titles.filter((one) => one === title));
    for (const name of ['action', 'account']) {
      const none = await readActivities(
        reader,
        parseActivities(new URLSearchParams({ ...recent, [name]: title })),
        NOW,
      );
      expect(none.rows).toEqual([]);
    }
  });

  it.each(keys)('is the name of a property like any other: %j', async (key) => {
    const value = `value ${keys.indexOf(key)}`;
    const field = `properties.${escaped(key)}`;
    const { results } = await readTop(
      reader,
      parseTop(search({ account: 'keys', dimension: `properties.${key}` }), NOW),
    );
    expect(results.filter((row) => row.value !== '')).toEqual([{ value, events: 1, visitors: 0 }]);
    const found = await readTotals(
      reader,
      parseTotals(search({ account: 'keys', metrics: 'events', filter: `${field}:is:${value}` }), NOW),
    );
    expect(found.results).toEqual([{ events: 1 }]);
  });

  it.each(HOSTILE)('is refused or harmless wherever a name belongs: %j', async (text) => {
    const positions: (() => Promise<unknown>)[] = [
      () => readTop(reader, parseTop(search({ dimension: text }), NOW)),
      () => readTop(reader, parseTop(search({ dimension: `properties.${text}` }), NOW)),
      () => readTop(reader, parseTop(search({ dimension: 'country', limit: text }), NOW)),
      () => readTop(reader, parseTop(search({ dimension: 'country', offset: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ metrics: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ metrics: `events,${text}` }), NOW)),
      () => readTotals(reader, parseTotals(search({ bots: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ account: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ timezone: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ [text]: 'x' }), NOW)),
      () => readTotals(reader, parseTotals(search({ filter: text }), NOW)),
      () => readTotals(reader, parseTotals(search({ filter: `${text}:is:x` }), NOW)),
      () => readTotals(reader, parseTotals(search({ filter: `country:${text}:x` }), NOW)),
      () => readTotals(reader, parseTotals(search({ filter: `properties.${text}:is:x` }), NOW)),
      () => readTotals(reader, parseTotals(new URLSearchParams({ period: text }), NOW)),
      () => readTotals(reader, parseTotals(new URLSearchParams({ from: text }), NOW)),
      () => readTotals(reader, parseTotals(new URLSearchParams({ from: '2026-01-01', to: text }), NOW)),
      () => readTimeseries(reader, parseTimeseries(search({ interval: text }), NOW)),
      () => readActivities(reader, parseActivities(new URLSearchParams({ limit: text })), NOW),
      () => readActivities(reader, parseActivities(new URLSearchParams({ cursor: text })), NOW),
      () => readActivities(reader, parseActivities(new URLSearchParams({ from: text })), NOW),
      () =>
        readActivities(
          reader,
          parseActivities(new URLSearchParams({ cursor: encodeCursor({ receivedAt: 1, eventId: text }) })),
          NOW,
        ),
    ];
    for (const outcome of await Promise.all(positions.map(outcomeOf))) expect(outcome).toMatch(/^(answered|TF_INPUT)$/);
    const stored = await clickhouse.query('SELECT count() AS rows FROM events');
    expect(stored).toEqual([{ rows: titles.length + keys.length }]);
  });
});

describe('compiled SQL', () => {
  it('is the same text whatever the values are', () => {
    const compiled = (value: string) => {
      const given = search({ account: value, dimension: 'country', filter: `country:is:${escaped(value)}` });
      given.append('filter', `path:starts_with:${escaped(value)}`);
      const params = parseTop(given, NOW);
      const { dimension, limit, offset, ...scope } = params;
      return [
        top.compile(params).sql,
        totals.compile(scope).sql,
        timeseries.compile({ ...scope, interval: 'day' }).sql,
      ];
    };
    for (const text of titles.filter((one) => one !== '')) expect(compiled(text)).toEqual(compiled('x'));
  });

  it('names no dimension that the table has not', async () => {
    const columns = await clickhouse.query<{ name: string }>(
      'SELECT name FROM system.columns WHERE database = currentDatabase()',
    );
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining([...DIMENSIONS]));
  });

  it('refuses a filter object that was made by hand with a name of its own', async () => {
    const params = parseTotals(search({}), NOW);
    const filter = { ...parseFilter('country:is:DE'), field: "country = '' OR 1=1 OR country" };
    await expect(readTotals(reader, { ...params, filters: [filter] })).rejects.toMatchObject({ code: 'TF_INPUT' });
  });
});

async function outcomeOf(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
    return 'answered';
  } catch (thrown) {
    return thrown instanceof TrackflowError ? thrown.code : String(thrown);
  }
}

function holds(operator: (typeof OPERATORS)[number], text: string, value: string): boolean {
  switch (operator) {
    case 'is':
      return text === value;
    case 'is_not':
      return text !== value;
    case 'contains':
      return text.includes(value);
    case 'not_contains':
      return !text.includes(value);
    case 'starts_with':
      return text.startsWith(value);
  }
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
