/**
 * Filters as a person types them: `field:operator:value[,value…]`, one per `filter=` of a query string.
 *
 *     filter=country:is:DE,FR                 Germany or France
 *     filter=properties.plan:is_not:free      any plan but free
 *     filter=referrer_host:is:                no referrer (the empty value)
 *     filter=path:starts_with:/blog/,/docs/   either of them
 *
 * Several values are alternatives; several filters must all hold. A backslash takes the meaning from the character
 * after it: `\,` inside a value, `\:` inside the name of a property, `\\` for itself. Colons in values need none.
 * Comparison is exact and minds case, as stored text keeps its case.
 */
import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import { TrackflowError } from '../errors/error.ts';
import { compileField, fieldSchema } from './field.ts';
import type { Parameters } from './parameters.ts';

export const OPERATORS = ['is', 'is_not', 'contains', 'not_contains', 'starts_with'] as const;

export type Operator = (typeof OPERATORS)[number];

export const FILTER_LIMITS = {
  /** Filters of one query. */
  filtersMax: 20,
  /** Values of one filter. */
  valuesMax: 100,
  /** UTF-8 bytes of all values of one query together. ClickHouse takes 128 KiB of one parameter, escaped: 12 for 1. */
  bytesMax: 8_192,
} as const;

const filterSchema = z
  .strictObject({
    field: fieldSchema,
    operator: z.enum(OPERATORS),
    values: z
      .array(z.string())
      .min(1)
      .max(FILTER_LIMITS.valuesMax, `a filter has at most ${FILTER_LIMITS.valuesMax} values`),
  })
  .refine(({ operator, values }) => isExact(operator) || !values.includes(''), {
    error: 'contains, not_contains and starts_with need a value that is not empty',
  });

export type Filter = z.infer<typeof filterSchema>;

export const filtersSchema = z
  .array(filterSchema)
  .max(FILTER_LIMITS.filtersMax, `a query has at most ${FILTER_LIMITS.filtersMax} filters`)
  .refine((filters) => bytesOf(filters) <= FILTER_LIMITS.bytesMax, {
    error: `the values of all filters have at most ${FILTER_LIMITS.bytesMax} bytes`,
  });

/** Reads one `field:operator:values`. Throws TF_INPUT that names the part that is wrong and what is allowed. */
export function parseFilter(text: string): Filter {
  const [field = '', operator, ...rest] = splitUnescaped(text, ':', 3);
  if (operator === undefined || rest.length === 0) {
    throw refuse(text, 'expected field:operator:value, like country:is:DE,FR');
  }
  const known = OPERATORS.find((name) => name === operator);
  if (known === undefined) {
    const near = nearest(operator, OPERATORS);
    const hint = near === undefined ? '.' : `; did you mean ${near}?`;
    throw refuse(text, `unknown operator ${JSON.stringify(operator)}${hint} Allowed: ${OPERATORS.join(', ')}`);
  }
  const filter = { field: unescaped(field), operator: known, values: splitUnescaped(rest[0]!, ',').map(unescaped) };
  const checked = filterSchema.safeParse(filter);
  if (!checked.success) throw refuse(text, checked.error.issues[0]!.message);
  return checked.data;
}

/** One condition for each filter. */
export function compileFilters(filters: readonly Filter[], parameters: Parameters): string[] {
  return filters.map((filter) => compileFilter(filter, parameters));
}

function compileFilter({ field, operator, values }: Filter, parameters: Parameters): string {
  const text = compileField(field);
  const bound = () => parameters.bind('Array(String)', values);
  switch (operator) {
    case 'is':
      return `${text} IN ${bound()}`;
    case 'is_not':
      return `${text} NOT IN ${bound()}`;
    case 'contains':
      return `multiSearchAny(${text}, ${bound()})`;
    case 'not_contains':
      return `NOT multiSearchAny(${text}, ${bound()})`;
    case 'starts_with':
      return `(${values.map((value) => `startsWith(${text}, ${parameters.bind('String', value)})`).join(' OR ')})`;
  }
}

/** Splits at the first `parts - 1` separators that no backslash stands before. Escapes are left in. */
function splitUnescaped(text: string, separator: string, parts = Number.POSITIVE_INFINITY): string[] {
  const found: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length && found.length < parts - 1; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === separator) {
      found.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...found, text.slice(start)];
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, '$1');
}

function isExact(operator: Operator): boolean {
  return operator === 'is' || operator === 'is_not';
}

function bytesOf(filters: readonly Filter[]): number {
  return filters.flatMap((filter) => filter.values).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

function refuse(text: string, reason: string): TrackflowError {
  return new TrackflowError('TF_INPUT', `filter ${JSON.stringify(text.slice(0, SHOWN_MAX))}: ${reason}`);
}

/** Characters of a wrong filter that a message repeats. */
const SHOWN_MAX = 200;
