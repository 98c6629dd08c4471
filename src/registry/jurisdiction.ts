/**
 * Whose rules hold for a visitor, and what they say about events of one who did not agree. Operators may change every part
 * of it; the seeds are in `seeds.ts`.
 */
export interface Jurisdiction {
  /** `EU`, `US-CA`; the code `*` is for everywhere else. */
  readonly code: string;
  readonly name: string;
  /** The law it stands for. */
  readonly regulation: string;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** When not empty, only these regions of its countries: codes or names, without case. */
  readonly regions: readonly string[];
  /** Whether a visitor who said nothing has agreed (`opt-out`) or not (`opt-in`). */
  readonly basis: Basis;
  /** What happens to an event without consent. */
  readonly without: Without;
  /** What sites show, like `essential,session:comfort,30:analytics,730`. */
  readonly rules: string;
}

export const BASES = ['opt-in', 'opt-out'] as const;
export type Basis = (typeof BASES)[number];

/**
 * `keep`: stored as it is. `strip`: without what tells who it was (addresses hashed or not, ad ids, position), with its
 * visitor. `anonymize`: also without visitor, session and user. `drop`: not stored.
 */
export const WITHOUTS = ['keep', 'strip', 'anonymize', 'drop'] as const;
export type Without = (typeof WITHOUTS)[number];

/** The code of the jurisdiction that holds where no other does. */
export const ELSEWHERE = '*';

/**
 * The jurisdiction of a place; empty texts are unknown. One with regions goes before one without. Undefined only when the
 * list has no `*`.
 */
export function jurisdictionOf(
  list: readonly Jurisdiction[],
  country: string,
  region: string,
): Jurisdiction | undefined {
  const ofCountry = country === '' ? [] : list.filter(({ countries }) => countries.includes(country));
  const wanted = region.toLowerCase();
  return (
    ofCountry.find(({ regions }) => regions.some((one) => one.toLowerCase() === wanted)) ??
    ofCountry.find(({ regions }) => regions.length === 0) ??
    list.find(({ code }) => code === ELSEWHERE)
  );
}
