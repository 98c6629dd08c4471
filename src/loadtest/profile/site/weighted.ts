import { hash, mix } from '../hash.ts';

const ZIPF_SIZE = 4_096;

/** A table to pick from with eight bits: each entry as often as its weight says. The weights add up to 256. */
export function weighted<Value>(entries: readonly (readonly [weight: number, value: Value])[]): readonly Value[] {
  return entries.flatMap(([weight, value]) => Array<Value>(weight).fill(value));
}

/**
 * A table of `ZIPF_SIZE` ranks from 0 to `count - 1`, rank r in proportion to 1 / (r + 1)^0.9, the popularity of the pages of
 * a site (Breslau et al., "Web Caching and Zipf-like Distributions", 1999: exponents from 0.64 to 0.83 seen from proxies,
 * near 1 at one site). Every rank is in it at least once.
 */
export function zipf(count: number): Uint16Array {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** 0.9);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const table = new Uint16Array(ZIPF_SIZE);
  const free = ZIPF_SIZE - count;
  let at = 0;
  let owed = 0;
  weights.forEach((weight, rank) => {
    owed += 1 + (weight / sum) * free;
    while (at < owed - 0.5 && at < ZIPF_SIZE) table[at++] = rank;
  });
  while (at < ZIPF_SIZE) table[at++] = count - 1;
  return table;
}

/** The entry of a Zipf table that a hash picks. */
export function pick(table: Uint16Array, hashed: number): number {
  return table[hashed & (ZIPF_SIZE - 1)]!;
}

/** An independent hash of the same thing, for the next choice to make about it. */
export function again(hashed: number, choice: number): number {
  return mix(hash(hashed, choice));
}
