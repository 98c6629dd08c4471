import { describe, expect, it } from 'vitest';
import { filtersOf, joinFilters, splitFilters } from '../../../../src/cli/tail/filters.ts';
import { parseFilter } from '../../../../src/query/filters.ts';

describe('filters of a tail', () => {
  it('come from the flags; several accounts or names are alternatives', () => {
    const filters = filtersOf({ account: ['a', 'b,c\\d'], name: ['x:y'], filter: ['country:is:DE'] });
    expect(filters.map(parseFilter)).toEqual([
      { field: 'account', operator: 'is', values: ['a', 'b,c\\d'] },
      { field: 'name', operator: 'is', values: ['x:y'] },
      { field: 'country', operator: 'is', values: ['DE'] },
    ]);
    expect(filtersOf({ account: [], name: [], filter: [] })).toEqual([]);
  });

  it('are one line at the prompt, blanks apart, and come out as they went in', () => {
    expect(splitFilters('  country:is:DE   name:is:a\\ b ')).toEqual(['country:is:DE', 'name:is:a\\ b']);
    expect(splitFilters('')).toEqual([]);
    const filters = ['title:is:two words', 'title:is:kept\\ blank', 'title:is:a\\\\', 'country:is:DE'];
    expect(splitFilters(joinFilters(filters)).map(parseFilter)).toEqual(filters.map(parseFilter));
  });
});
