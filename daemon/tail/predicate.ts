import type { Event } from '../../src/event/event.ts';
import type { Filter, Operator } from '../../src/query/filters.ts';

export type Predicate = (event: Event) => boolean;
type Test = (text: string) => boolean;

const PROPERTY_PREFIX = 'properties.';
const EVERY: Predicate = () => true;

/**
 * Whether an event passes all `filters`: what `compileFilters` says in SQL of the stored row, said of the event on its
 * way there. Compiled once, pure; `properties` are parsed only for an event that the filters on columns let through, and
 * once for all filters on properties.
 */
export function compilePredicate(filters: readonly Filter[]): Predicate {
  const columns = filters.filter(({ field }) => !field.startsWith(PROPERTY_PREFIX)).map(columnPredicate);
  const properties = filters.filter(({ field }) => field.startsWith(PROPERTY_PREFIX));
  const all = properties.length === 0 ? columns : [...columns, propertiesPredicate(properties)];
  if (all.length === 0) return EVERY;
  return (event) => all.every((holds) => holds(event));
}

function columnPredicate({ field, operator, values }: Filter): Predicate {
  const test = compileTest(operator, values);
  return (event) => test(event[field as keyof Event] as string);
}

function propertiesPredicate(filters: readonly Filter[]): Predicate {
  const tests = filters.map(({ field, operator, values }) => ({
    path: field.slice(PROPERTY_PREFIX.length),
    test: compileTest(operator, values),
  }));
  return (event) => {
    const properties = JSON.parse(event.properties) as Record<string, unknown>;
    return tests.every(({ path, test }) => test(Object.hasOwn(properties, path) ? propertyText(properties[path]) : ''));
  };
}

function compileTest(operator: Operator, values: readonly string[]): Test {
  const set = new Set(values);
  switch (operator) {
    case 'is':
      return (text) => set.has(text);
    case 'is_not':
      return (text) => !set.has(text);
    case 'contains':
      return (text) => values.some((value) => text.includes(value));
    case 'not_contains':
      return (text) => !values.some((value) => text.includes(value));
    case 'starts_with':
      return (text) => values.some((value) => text.startsWith(value));
  }
}

/** What ClickHouse's `toString` makes of a property. */
function propertyText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return arrayText(value);
  return '';
}

/** JavaScript and ClickHouse write numbers alike, but for the sign of a positive exponent. */
function numberText(value: number): string {
  return String(value).replace('e+', 'e');
}

function arrayText(values: readonly unknown[]): string {
  return `[${values.map(elementText).join(',')}]`;
}

function elementText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return 'NULL';
  return typeof value === 'object' && !Array.isArray(value) ? quoted(objectText(value)) : propertyText(value);
}

/** ClickHouse escapes the slash where JSON need not. */
function objectText(value: object): string {
  return JSON.stringify(nested(value)).replaceAll('/', '\\/');
}

/** An object as the JSON type gives it back: dotted keys nested, in the order of their names. */
function nested(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nested);
  if (typeof value !== 'object' || value === null) return value;
  const root: Record<string, unknown> = {};
  for (const [path, leaf] of Object.entries(value).sort(byName)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let place = root;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    if (leaf !== null) place[last] = nested(leaf);
  }
  return root;
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
  "'": "\\'",
};

function quoted(text: string): string {
  return `'${text.replace(/[\b\f\n\r\t\\']/g, (char) => ESCAPES[char]!)}'`;
}
