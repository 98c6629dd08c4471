import { type Params, textOf } from './params.ts';
import type { Timezones } from './timezones.ts';

/** Where the visitor of a hit is, as far as it says or its address tells. Empty texts are unknown. */
export interface HitPlace {
  readonly country: string;
  readonly region: string;
  readonly city: string;
  /** Whether the hit itself says any of it: then that goes before what the address tells. */
  readonly stated: boolean;
}

/** What a database knows of an address; `NOWHERE` where it knows nothing. */
export type Locate = (ip: string) => { readonly country: string; readonly region: string; readonly city: string };

const REGION_BYTES_MAX = 128;

/** The place by the wire's order: what is stated, else the country of the timezone, else what the address tells. */
export function placeOf(params: Params, ip: string, locate: Locate, timezones: Timezones): HitPlace {
  const statedCountry = countryOf(textOf(params, 'country'));
  const located = locate(ip);
  const country = statedCountry || timezones.countryOf(textOf(params, 'tz')) || located.country;
  const [region, city] = [textOf(params, 'region'), textOf(params, 'city')].map(bounded) as [string, string];
  // Region and city of the address are of its country, and of no other.
  const same = country === located.country;
  return {
    country,
    region: region || (same ? located.region : ''),
    city: city || (same ? located.city : ''),
    stated: !same || statedCountry !== '' || region !== '' || city !== '',
  };
}

/** ISO 3166-1 alpha-2 in upper case; empty when the text is none. */
export function countryOf(text: string): string {
  return /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : '';
}

/** A region or city as a column takes it, else empty. */
export function bounded(text: string): string {
  return Buffer.byteLength(text) <= REGION_BYTES_MAX ? text : '';
}
