/** Filters of `trackflow tail`, between what people type and what the daemon takes. */

/** What the flags say, as filters. Several accounts or names are alternatives. */
export interface FilterFlags {
  readonly account: readonly string[];
  readonly name: readonly string[];
  readonly filter: readonly string[];
}

export function filtersOf({ account, name, filter }: FilterFlags): string[] {
  return [...isOneOf('account', account), ...isOneOf('name', name), ...filter];
}

/** One line as typed at the prompt: filters apart by blanks. A backslash keeps a blank, as it does any character. */
export function splitFilters(line: string): string[] {
  return line.match(/(?:\\.|[^\s\\])+/gsu) ?? [];
}

/** The line that `splitFilters` takes apart again. */
export function joinFilters(filters: readonly string[]): string {
  return filters.map((filter) => filter.replace(/(\\.)|\s/gsu, (char, escaped) => escaped ?? `\\${char}`)).join(' ');
}

function isOneOf(field: string, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [`${field}:is:${values.map((value) => value.replace(/[\\,]/g, '\\$&')).join(',')}`];
}
