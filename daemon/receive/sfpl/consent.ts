import type { Config } from '../../../src/config/schema.ts';
import { type Jurisdiction, jurisdictionOf, type Without } from '../../../src/registry/jurisdiction.ts';

/** What a visitor's consent, or the want of it, means for one hit. */
export interface Decision {
  /** Code of the jurisdiction that decided. */
  readonly jurisdiction: string;
  /** `keep` with consent, else what the jurisdiction asks for. */
  readonly store: Without;
  /** Whether the browser may be given cookies. */
  readonly cookies: boolean;
  /** Whether ids of advertising networks may be kept. */
  readonly adIds: boolean;
}

const EVERYTHING: Decision = { jurisdiction: '', store: 'keep', cookies: true, adIds: true };

/**
 * Decides by the flags that the visitor agreed to (undefined: none are known) and by where the visitor is. Flags are levels:
 * from `analyticsFlags` on a visitor may be told apart, from `marketingFlags` on ids of advertising networks are kept.
 *
 * Who said nothing has agreed where the law is opt-out, and has not where it is opt-in. Cookies are for those alone who said
 * yes, or of whom we know that they are where nobody has to ask.
 */
export function decide(
  flags: number | undefined,
  place: { readonly country: string; readonly region: string },
  jurisdictions: readonly Jurisdiction[],
  { enforceConsent, analyticsFlags, marketingFlags, cookies }: Config['sfpl'],
): Decision {
  if (!enforceConsent) return { ...EVERYTHING, cookies };
  const found = jurisdictionOf(jurisdictions, place.country, place.region);
  if (found === undefined) return { ...EVERYTHING, cookies: cookies && flags !== undefined };
  const presumed = found.basis === 'opt-out';
  const agreed = flags === undefined ? presumed : flags >= analyticsFlags;
  return {
    jurisdiction: found.code,
    store: agreed ? 'keep' : found.without,
    cookies: cookies && agreed && (flags !== undefined || place.country !== ''),
    adIds: flags === undefined ? presumed : flags >= marketingFlags,
  };
}
