import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePredicate } from '../../../daemon/tail/predicate.ts';
import type { Event } from '../../../src/event/event.ts';
import { compileFilters, type Filter, OPERATORS, parseFilter } from '../../../src/query/filters.ts';
import { Parameters } from '../../../src/query/parameters.ts';
import { event, store } from '../../src/query/stored-events.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';

const OCCURRED = Date.UTC(2026, 9, 1);

/**
 * One property value each, as validate writes it. Arrays of booleans and numbers only are not among them: ClickHouse reads
 * `[true,1]` as `[1,1]` or not, depending on its neighbours in the block.
 */
const VALUES = [
  '"pro"',
  '"free"',
  '""',
  '"it\'s \\\\ \\n\\t\\u0001 €😀"',
  '"2024-01-01"',
  '0',
  '-5',
  '1.5',
  '1e-7',
  '9007199254740992',
  '9.223372036854776e+18',
  '1e+21',
  '5e-324',
  'true',
  'false',
  '[]',
  '[null]',
  '[1,null,2.5]',
  '["a","it\'s \\\\ \\n\\t\\b\\f\\r\\u0001\\u0007"]',
  '[true,false]',
  '[1,"a",true,null,1.5,[2]]',
  '[["a"],[]]',
  '[1e+21]',
  '[{"sku":"x/y","n":1},{"b.c":1,"a":[2,{"z":null,"y":1}]}]',
  '[{}]',
];

const EVENTS: readonly Event[] = [
  ...VALUES.map((value, number) =>
    event(number, {
      occurred_at: OCCURRED + number,
      name: `n${number % 4}`,
      properties: `{"v":${value},"cart.items":2}`,
    }),
  ),
  event(100, { occurred_at: OCCURRED + 100, country: 'DE', path: '/blog/Ä', title: "it's \\ 100 %_" }),
  event(101, { occurred_at: OCCURRED + 101, country: 'FR', path: '/blog', properties: '{"cart":"x"}' }),
];

describe('a filter on events that pass by', () => {
  let clickhouse: TestEngine;
  beforeAll(async () => {
    clickhouse = await startEngine();
    await store(clickhouse.endpoint, EVENTS);
  });
  afterAll(() => clickhouse.stop());

  /** The ids that ClickHouse finds, and those the predicate lets through. */
  async function both(filters: readonly Filter[]): Promise<[stored: string[], passed: string[]]> {
    const parameters = new Parameters();
    const where = compileFilters(filters, parameters).join(' AND ');
    const sql = `SELECT toString(event_id) AS id FROM trackflow.events WHERE ${where} ORDER BY occurred_at`;
    const stored = await clickhouse.query<{ id: string }>(sql, parameters.values as never);
    return [stored.map(({ id }) => id), EVENTS.filter(compilePredicate(filters)).map((passed) => passed.event_id)];
  }

  it.each([
    'country:is:DE',
    'country:is:',
    'country:is_not:DE,FR',
    'path:starts_with:/blog/,/docs',
    'path:contains:Ä,nowhere',
    'title:contains:100 %_',
    "title:contains:it's \\\\",
    'title:not_contains:100,xyz',
    'properties.v:is:pro,free',
    'properties.v:is:',
    'properties.v:is_not:pro',
    'properties.v:contains:r',
    'properties.cart:is:x',
    'properties.cart\\.items:is:2',
    'properties.nothing:is_not:x',
    'properties.toString:is:',
  ])('%s finds what the same filter finds in ClickHouse', async (text) => {
    const [stored, passed] = await both([parseFilter(text)]);
    expect(passed).toEqual(stored);
    expect(passed.length).toBeGreaterThan(0);
  });

  it('agrees with ClickHouse on the text of every kind of property, under every operator', async () => {
    const texts = await clickhouse.query<{ text: string }>(
      'SELECT DISTINCT toString(properties.v) AS text FROM trackflow.events',
    );
    for (const { text } of texts) {
      for (const operator of OPERATORS) {
        if (text === '' && operator !== 'is' && operator !== 'is_not') continue;
        const [stored, passed] = await both([{ field: 'properties.v', operator, values: [text] }]);
        expect(passed, `${operator} ${text}`).toEqual(stored);
      }
    }
  });

  it('lets through what passes all of several', async () => {
    const [stored, passed] = await both(
      ['properties.v:is_not:', 'name:is:n1,n2', 'properties.v:contains:1'].map(parseFilter),
    );
    expect(passed).toEqual(stored);
    expect(passed.length).toBeGreaterThan(1);
  });

  it('lets everything through when there is none', () => {
    expect(EVENTS.every(compilePredicate([]))).toBe(true);
  });
});
