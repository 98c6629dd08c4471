import { describe, expect, it } from 'vitest';
import { compileFilters, FILTER_LIMITS, type Filter, filtersSchema, parseFilter } from '../../../src/query/filters.ts';
import { Parameters } from '../../../src/query/parameters.ts';

describe('a filter as typed', () => {
  it.each<[string, Filter]>([
    ['country:is:DE', { field: 'country', operator: 'is', values: ['DE'] }],
    ['country:is:DE,FR', { field: 'country', operator: 'is', values: ['DE', 'FR'] }],
    ['city:is_not:', { field: 'city', operator: 'is_not', values: [''] }],
    ['title:contains:a\\,b,c', { field: 'title', operator: 'contains', values: ['a,b', 'c'] }],
    ['path:starts_with:/a:b', { field: 'path', operator: 'starts_with', values: ['/a:b'] }],
    ['title:is:back\\\\slash', { field: 'title', operator: 'is', values: ['back\\slash'] }],
    ['properties.plan:is:pro', { field: 'properties.plan', operator: 'is', values: ['pro'] }],
    ['properties.a\\:b:not_contains:x', { field: 'properties.a:b', operator: 'not_contains', values: ['x'] }],
  ])('%s', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it.each([
    ['', 'filter "": expected field:operator:value, like country:is:DE,FR'],
    ['country:is', 'filter "country:is": expected field:operator:value, like country:is:DE,FR'],
    [
      'country:iss:DE',
      'filter "country:iss:DE": unknown operator "iss"; did you mean is? Allowed: is, is_not, contains, not_contains, starts_with',
    ],
    ['contry:is:DE', 'filter "contry:is:DE": unknown field "contry"; did you mean country?'],
    [
      'path:contains:',
      'filter "path:contains:": contains, not_contains and starts_with need a value that is not empty',
    ],
    ['properties.:is:x', 'filter "properties.:is:x": properties. needs the name of a property'],
    [`country:is:${'x,'.repeat(100)}`, 'a filter has at most 100 values'],
  ])('%s is refused with what is wrong', (text, message) => {
    expect(() => parseFilter(text)).toThrow(
      expect.objectContaining({ code: 'TF_INPUT', message: expect.stringContaining(message) }),
    );
  });

  it('is one of at most 20 with 8 KiB of values', () => {
    const filter: Filter = { field: 'country', operator: 'is', values: ['DE'] };
    expect(filtersSchema.safeParse(Array(FILTER_LIMITS.filtersMax).fill(filter)).success).toBe(true);
    expect(filtersSchema.safeParse(Array(FILTER_LIMITS.filtersMax + 1).fill(filter)).error?.issues[0]?.message).toBe(
      'a query has at most 20 filters',
    );
    const large = { ...filter, values: ['x'.repeat(FILTER_LIMITS.bytesMax + 1)] };
    expect(filtersSchema.safeParse([large]).error?.issues[0]?.message).toMatch(/at most 8192 bytes/);
  });
});

describe('a compiled filter', () => {
  it('has its values bound, never written', () => {
    const parameters = new Parameters();
    const filters = ['is', 'is_not', 'contains', 'not_contains', 'starts_with'].map((operator) =>
      parseFilter(`country:${operator}:1' OR '1'='1,b`),
    );
    expect(compileFilters(filters, parameters)).toEqual([
      'country IN {p0:Array(String)}',
      'country NOT IN {p1:Array(String)}',
      'multiSearchAny(country, {p2:Array(String)})',
      'NOT multiSearchAny(country, {p3:Array(String)})',
      '(startsWith(country, {p4:String}) OR startsWith(country, {p5:String}))',
    ]);
    expect(parameters.values).toMatchObject({ p0: ["1' OR '1'='1", 'b'], p4: "1' OR '1'='1", p5: 'b' });
  });
});
