import { createRequire } from 'node:module';
import ipaddr from 'ipaddr.js';
import { open, type Reader, type Response } from 'maxmind';
import { TrackflowError } from '../../src/errors/error.ts';
import { BoundedCache } from './bounded-cache.ts';
import { cutText } from './text.ts';

/** Where an address is, as far as the database knows. One object per address, shared by its events. */
export interface Place {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  readonly region: string;
  readonly city: string;
  /** IANA name. */
  readonly timezone: string;
}

export const NOWHERE: Place = { country: '', region: '', city: '', timezone: '' };

/** A block of addresses and the place of all of them. */
export interface Network extends Place {
  readonly from: string;
  readonly to: string;
  /** Whose data this is. */
  readonly attribution: string;
}

export interface Geo {
  /** `NOWHERE` for private, unknown and malformed addresses. */
  locate(ip: string): Place;
  /** The block of addresses around one, and what is known of it; undefined where nothing is. */
  network(ip: string): Network | undefined;
  /** Cached addresses, for tests of the bound. */
  readonly size: number;
}

const BUNDLED = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';
/** Told with every answer about an address, as its license asks of others. */
const BUNDLED_ATTRIBUTION = 'geo-whois-asn-country of ip-location-db (CC0)';
const PLACES_CACHED_MAX = 50_000;
const NAME_BYTES_MAX = 128;
const TIMEZONE_BYTES_MAX = 64;

/**
 * Opens an mmdb file and reads it into memory: `path`, or the bundled country database when it is empty. Understands the
 * records of MaxMind (GeoIP2, GeoLite2) and of ip-location-db. Keeps up to `cacheMax` results.
 * Throws TF_CONFIG when the file is missing or is no such database.
 */
export async function openGeo(path: string, cacheMax = PLACES_CACHED_MAX): Promise<Geo> {
  const file = path === '' ? createRequire(import.meta.url).resolve(BUNDLED) : path;
  let reader: Reader<Response>;
  try {
    reader = await open<Response>(file);
  } catch (cause) {
    throw new TrackflowError('TF_CONFIG', `geo.database is ${file}, which cannot be read as an mmdb database`, {
      hints: ['set geo.database to the path of an mmdb file, or to nothing for the bundled country database'],
      cause,
    });
  }
  return createGeo(reader, cacheMax, path === '' ? BUNDLED_ATTRIBUTION : reader.metadata.databaseType);
}

/** The part of an open database that is used. */
export interface GeoReader {
  get(ip: string): unknown;
  getWithPrefixLength?(ip: string): [record: unknown, prefixLength: number];
}

/** A cached lookup over an open database. */
export function createGeo(reader: GeoReader, cacheMax: number, attribution = ''): Geo {
  const cache = new BoundedCache<Place>(Math.ceil(cacheMax / 2));
  return {
    locate(ip) {
      if (ip === '') return NOWHERE;
      const known = cache.get(ip);
      if (known !== undefined) return known;
      const place = placeOf(reader.get(ip));
      cache.set(ip, place);
      return place;
    },
    network(ip) {
      const [record, prefix] = reader.getWithPrefixLength?.(ip) ?? [null, 0];
      const place = placeOf(record);
      return place === NOWHERE ? undefined : { ...place, ...blockOf(ip, prefix), attribution };
    },
    get size() {
      return cache.size;
    },
  };
}

/** ip-location-db keeps plain columns at the top, MaxMind nested objects with names by language. */
function placeOf(record: unknown): Place {
  const country = textAt(record, 'country_code') || textAt(record, 'country', 'iso_code');
  if (country === '') return NOWHERE;
  const region = textAt(record, 'state1') || textAt(record, 'subdivisions', '0', 'names', 'en');
  const city = textAt(record, 'city') || textAt(record, 'city', 'names', 'en');
  const timezone = textAt(record, 'timezone') || textAt(record, 'location', 'time_zone');
  return {
    country: country.length === 2 ? country.toUpperCase() : '',
    region: cutText(region, NAME_BYTES_MAX),
    city: cutText(city, NAME_BYTES_MAX),
    timezone: cutText(timezone, TIMEZONE_BYTES_MAX),
  };
}

function textAt(record: unknown, ...path: readonly string[]): string {
  let value = record;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' ? value : '';
}

/** First and last address of the block of `prefix` bits around an address. */
function blockOf(ip: string, prefix: number): { from: string; to: string } {
  const bytes = ipaddr.process(ip).toByteArray();
  const masked = (fill: number) =>
    bytes.map((byte, index) => {
      const kept = Math.max(0, Math.min(8, prefix - index * 8));
      const mask = (0xff00 >> kept) & 0xff;
      return (byte & mask) | (fill & ~mask & 0xff);
    });
  return { from: ipaddr.fromByteArray(masked(0)).toString(), to: ipaddr.fromByteArray(masked(0xff)).toString() };
}
