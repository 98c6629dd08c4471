/**
 * Who an event belongs to when the sender names no visitor.
 *
 * Without cookies: a hash of the address and the user agent, keyed with a random salt that lives for one UTC day. Within
 * the day one person has one id per account; once the salt is destroyed nobody can compute an id again or tell which
 * address it came from. Always true: results are cached under the day they were made for, at most two days at once, and
 * `forget` drops them together with the salt.
 */
import { hash } from 'node:crypto';
import { BoundedCache } from '../bounded-cache.ts';
import { hashHex } from './hash.ts';

/** 64 bits: among a million visitors of a day two share an id with a chance of 3 in 100 million. */
const ID_HEX_DIGITS = 16;
const USER_SEED = 0x7573_6572;
const VISITORS_CACHED_MAX = 50_000;
/** Around midnight events of the day before still arrive. */
const DAYS_MAX = 2;

export interface VisitorIds {
  /** `agentKey` stands for `userAgent` in the cache key: shorter, and one to one with it while it is cached. */
  daily(day: number, account: string, ip: string, userAgent: string, agentKey: number): string;
  /** Drops what was derived on `day`. To be called when its salt is destroyed. */
  forget(day: number): void;
  /** Cached ids, for tests of the bound. */
  readonly size: number;
}

/**
 * `saltFor` gives the random text of a UTC day, or undefined when that day has none (any more); then the id is empty.
 * `cacheMax` bounds the cached ids of one day.
 */
export function createVisitorIds(
  saltFor: (day: number) => string | undefined,
  cacheMax = VISITORS_CACHED_MAX,
): VisitorIds {
  const days = new Map<number, BoundedCache<string>>();

  function cacheOf(day: number): BoundedCache<string> {
    const known = days.get(day);
    if (known !== undefined) return known;
    const cache = new BoundedCache<string>(Math.ceil(cacheMax / 2));
    days.set(day, cache);
    if (days.size > DAYS_MAX) days.delete(Math.min(...days.keys()));
    return cache;
  }

  return {
    daily(day, account, ip, userAgent, agentKey) {
      const salt = saltFor(day);
      if (salt === undefined) {
        days.delete(day);
        return '';
      }
      const cache = cacheOf(day);
      const key = `${ip} ${agentKey} ${account}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const id = hash('sha256', `${salt}\0${account}\0${ip}\0${userAgent}`, 'hex').slice(0, ID_HEX_DIGITS);
      cache.set(key, id);
      return id;
    },
    forget(day) {
      days.delete(day);
    },
    get size() {
      let size = 0;
      for (const cache of days.values()) size += cache.size;
      return size;
    },
  };
}

/** The visitor of a backend's event that names a user: the same on every day, since `user_id` is stored beside it anyway. */
export function visitorOfUser(account: string, userId: string): string {
  return hashHex(`${account}\0${userId}`, USER_SEED);
}
