import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ActivitiesParams, readActivities, WINDOWS_MS } from '../../../src/query/activities.ts';
import { ClickHouseReader } from '../../../src/query/clickhouse-reader.ts';
import { parseActivities } from '../../../src/query/parse.ts';
import type { Reader } from '../../../src/query/reader.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { event, numbersFrom, store } from './stored-events.ts';

const NOW = Date.parse('2026-06-30T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let clickhouse: TestEngine;
let reader: ClickHouseReader;

beforeAll(async () => {
  clickhouse = await startEngine();
  reader = new ClickHouseReader(clickhouse.endpoint, TEST_LIMITS);
  await store(clickhouse.endpoint, stored);
});

afterAll(async () => {
  await reader.close();
  await clickhouse.stop();
});

/** From seconds to three years old, many of them in the same millisecond. */
const number = numbersFrom(11);
const AGES_MS = [0, 1, 1_000, HOUR_MS - 1, HOUR_MS, 5 * HOUR_MS, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 900 * DAY_MS];
const stored = Array.from({ length: 300 }, (_, index) =>
  event(index + 1, {
    occurred_at: NOW - 60_000 - number(2 * DAY_MS),
    received_at: NOW - AGES_MS[number(AGES_MS.length)]!,
    user_id: `user-${number(7)}`,
    name: ['pageview', 'signup'][number(2)]!,
    account: ['default', 'shop'][number(2)]!,
  }),
);
const newestFirst = [...stored].sort((a, b) => b.received_at - a.received_at || (a.event_id < b.event_id ? 1 : -1));
const ids = (rows: readonly { event_id: string }[]) => rows.map((row) => row.event_id);

const page = (search: string) => readActivities(reader, parseActivities(new URLSearchParams(search)), NOW);

/** All pages from the first to the last. */
async function pages(search: string, between: () => Promise<void> = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { rows, nextCursor } = await page(`${search}${cursor && `&cursor=${cursor}`}`);
    found.push(...ids(rows));
    cursor = nextCursor;
    await between();
  }
  return found;
}

describe('activities', () => {
  it('are the newest hundred unless a limit says otherwise', async () => {
    expect(ids((await page('')).rows)).toEqual(ids(newestFirst.slice(0, 100)));
    expect(ids((await page('limit=7')).rows)).toEqual(ids(newestFirst.slice(0, 7)));
    const all = await page('limit=1000');
    expect(ids(all.rows)).toEqual(ids(newestFirst));
    expect(all.nextCursor).toBeNull();
  });

  it.each([1, 7, 100, 299, 300])('are each on one page when there are %i on a page', async (limit) => {
    expect(await pages(`limit=${limit}`)).toEqual(ids(newestFirst));
  });

  it('are narrowed by user, action, account and time of receipt', async () => {
    const user = newestFirst.filter((one) => one.user_id === 'user-3' && one.name === 'signup');
    expect(user.length).toBeGreaterThan(5);
    expect(await pages('limit=2&user_id=user-3&action=signup')).toEqual(ids(user));
    const shop = newestFirst.filter((one) => one.account === 'shop');
    expect(await pages('limit=50&account=shop')).toEqual(ids(shop));
    const from = NOW - 8 * DAY_MS;
    const to = NOW - 1_000;
    const between = newestFirst.filter((one) => one.received_at >= from && one.received_at < to);
    expect(await pages(`limit=13&from=${from}&to=${to}`)).toEqual(ids(between));
    expect(await page('user_id=nobody')).toEqual({ rows: [], nextCursor: null });
    expect(await page(`from=${to}&to=${from}`)).toEqual({ rows: [], nextCursor: null });
  });

  it('stay where they are on later pages while new ones arrive', async () => {
    let arriving = 1_000;
    const account = 'busy';
    const old = Array.from({ length: 30 }, (_, index) =>
      event(2_000 + index, {
        account,
        name: 'old',
        occurred_at: NOW - index * HOUR_MS,
        received_at: NOW - index * HOUR_MS,
      }),
    );
    await store(clickhouse.endpoint, old);
    const found = await pages(`limit=10&account=${account}`, async () => {
      arriving++;
      await store(clickhouse.endpoint, [event(arriving, { account, occurred_at: NOW + arriving })]);
    });
    expect(found).toEqual(ids(old));
  });

  it('of one millisecond are in the order of their ids, whichever half of them differs', async () => {
    const given = ['01', '02', '03', '04'].flatMap((head) =>
      ['80', '81', 'bf'].map((tail) => `${head}97a000-0000-7000-${tail}00-000000000000`),
    );
    await store(
      clickhouse.endpoint,
      given.map((event_id) => event(0, { event_id, account: 'halves', occurred_at: NOW - 1_000 })),
    );
    for (const limit of [1, 5, 12]) {
      expect(await pages(`account=halves&limit=${limit}`)).toEqual([...given].reverse());
    }
  });

  it('are objects with the three keys of old first, then what else is known', async () => {
    const properties = '{"plan":"pro","cart":{"items":2},"tags":["a","b"],"on":true,"at":"2026-01-05T10:00:00Z"}';
    const one = event(5_000, {
      account: 'shape',
      name: 'purchase',
      user_id: 'üser',
      occurred_at: Date.parse('2026-06-30T11:59:59.123Z'),
      revenue: 199_900,
      currency: 'EUR',
      url: 'https://example.com/a?b=c',
      properties,
    });
    await store(clickhouse.endpoint, [one]);
    const { rows } = await page('account=shape');
    expect(Object.keys(rows[0]!).slice(0, 3)).toEqual(['user_id', 'action', 'created_at']);
    expect(rows).toEqual([
      {
        user_id: 'üser',
        action: 'purchase',
        created_at: '2026-06-30T11:59:59.323Z',
        event_id: one.event_id,
        account: 'shape',
        name: 'purchase',
        type: '',
        visitor_id: '',
        session_id: '',
        occurred_at: '2026-06-30T11:59:59.123Z',
        url: 'https://example.com/a?b=c',
        title: '',
        referrer: '',
        country: '',
        city: '',
        browser: '',
        os: '',
        device: '',
        bot: '',
        revenue: '19.99',
        currency: 'EUR',
        properties: JSON.parse(properties),
      },
    ]);
  });
});

describe('the windows in which a page is looked for', () => {
  /** A table of `received_at` values that notes what it was asked for. */
  function table(received: readonly number[]) {
    const asked: { from: number; to: number; rows: number }[] = [];
    const counting: Reader = {
      query: async <T>(sql: string, params: Record<string, unknown>) => {
        const bound = (operator: string) => {
          const place = new RegExp(`received_at ${operator} fromUnixTimestamp64Milli\\(\\{(p\\d+):Int64\\}`).exec(
            sql,
          )?.[1];
          return place === undefined ? undefined : (params[place] as number);
        };
        const from = bound('>=') ?? Number.NEGATIVE_INFINITY;
        const to = bound('<') ?? Number.POSITIVE_INFINITY;
        const limit = params[/LIMIT \{(p\d+):/.exec(sql)![1]!] as number;
        const rows = received.filter((at) => at >= from && at < to).slice(0, limit);
        asked.push({ from, to, rows: rows.length });
        return rows.map(
          (at) => ({ event_id: `id-${at}`, received_ms: at, occurred_ms: at, properties_text: '{}' }) as T,
        );
      },
    };
    return { counting, asked };
  }
  const params: ActivitiesParams = { limit: 3 };

  it('are one hour when that fills the page', async () => {
    const { counting, asked } = table([5, 4, 3, 2, 1].map((minutes) => NOW - minutes * 60_000));
    expect((await readActivities(counting, params, NOW)).rows).toHaveLength(3);
    expect(asked).toEqual([{ from: NOW - HOUR_MS, to: Number.POSITIVE_INFINITY, rows: 4 }]);
  });

  it('widen without overlap or gap until everything was looked at once', async () => {
    const { counting, asked } = table([NOW - 1_000, NOW - 2 * DAY_MS]);
    const { rows, nextCursor } = await readActivities(counting, params, NOW);
    expect([rows.length, nextCursor]).toEqual([2, null]);
    expect(asked).toHaveLength(WINDOWS_MS.length);
    expect(asked[0]!.to).toBe(Number.POSITIVE_INFINITY);
    expect(asked.at(-1)!.from).toBe(Number.NEGATIVE_INFINITY);
    for (let index = 1; index < asked.length; index++) expect(asked[index]!.to).toBe(asked[index - 1]!.from);
  });

  it('begin at the cursor and end with the period that was asked for', async () => {
    const { counting, asked } = table([]);
    const after = { receivedAt: NOW - 50 * DAY_MS, eventId: '0197a000-0000-7000-8000-000000000001' };
    const from = after.receivedAt - 2 * DAY_MS;
    await readActivities(counting, { ...params, after, from }, NOW);
    expect(asked.map((window) => window.from)).toEqual([after.receivedAt - HOUR_MS, after.receivedAt - DAY_MS, from]);
  });
});
