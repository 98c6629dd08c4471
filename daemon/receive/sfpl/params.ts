/**
 * What a hit says, out of all the places where it may stand. Later places win, in the order of the wire:
 *
 *     User header → cookies → path pairs → query of a GET, or the JSON object of a POST or a message
 *
 * Text keeps its case; names of the wire are known in any case. An empty text says nothing and wins over nothing.
 */

import { isWireName } from '../../../src/event/sfpl/names.ts';
import { parseJson } from '../body/parse-json.ts';
import { isNamed } from '../dialects/dialect.ts';

/** Values by name: names of the wire in lower case, all others as sent. A map, as names are any sender's. */
export type Params = Map<string, unknown>;

/** Adds what an object says. */
export function addObject(params: Params, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) addValue(params, name, value);
}

/** Adds `/name/value/name/value`, percent-decoded; a name without a value is dropped. */
export function addPathPairs(params: Params, rest: string): void {
  const parts = rest.split('/').filter((part, index) => part !== '' || index > 0);
  for (let index = 0; index + 1 < parts.length; index += 2) {
    addValue(params, decoded(parts[index]!), decoded(parts[index + 1]!));
  }
}

/** Adds the parameters of a query; none of them when one is called `ignoreKey`. */
export function addQuery(params: Params, search: string, ignoreKey: string): void {
  const query = new URLSearchParams(search);
  if (ignoreKey !== '' && query.has(ignoreKey)) return;
  for (const [name, value] of query) {
    // A key of ours says who sends, not what.
    if (name !== 'key' || !value.startsWith('tf_')) addValue(params, name, value);
  }
}

/** Adds the `User` header when it holds a JSON object; anything else in it is not for us. */
export function addUserHeader(params: Params, header: string | undefined): void {
  if (header === undefined || !header.startsWith('{')) return;
  try {
    const user = parseJson(header);
    if (isNamed(user)) addObject(params, user);
  } catch {
    // Some other service's header by the same name.
  }
}

/** The text of a value, empty when it is none. */
export function textOf(params: Params, name: string): string {
  const value = params.get(name);
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function addValue(params: Params, name: string, value: unknown): void {
  if (name === '' || value === '' || value === null || value === undefined) return;
  const lower = name.toLowerCase();
  const short = lower.startsWith('utm_') ? lower.slice('utm_'.length) : lower;
  params.set(isWireName(short) ? short : name, value);
}

/** A segment that is no proper percent-encoding stands for itself. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
