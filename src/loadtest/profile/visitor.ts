/** What stays the same about a visitor: account, device, place, names. Hashed out of the visitor's number. */
import { accountPrefix, type LoadPlan } from '../plan/plan.ts';
import { hex32, mix } from './hash.ts';
import { momentOf } from './sessions.ts';
import { BACKENDS, BOTS, DEVICES, type Device } from './site/devices.ts';
import { PLACES, type Place } from './site/places.ts';
import { again } from './site/weighted.ts';
import { trafficOf } from './traffic.ts';

/** Three sites with a visitor's behaviour of their own. */
export type SiteName = 'shop' | 'blog' | 'app';

/** Of 256 visitors. */
const SHOP_BELOW = 128;
const BLOG_BELOW = 218;
const BOTS_BELOW = 9;
const USERS = 1_000_000;

export function siteOf(visitor: number): SiteName {
  const hashed = visitor >>> 24;
  if (hashed < SHOP_BELOW) return 'shop';
  return hashed < BLOG_BELOW ? 'blog' : 'app';
}

/** The account of a site in this run. */
export function accountOf(plan: LoadPlan, site: SiteName): string {
  return `${accountPrefix(plan.run)}-${site}`;
}

/** A few in a hundred visitors are none. */
export function isBot(visitor: number): boolean {
  return (again(visitor, 1) & 255) < BOTS_BELOW;
}

export function deviceOf(visitor: number): Device {
  const hashed = again(visitor, 2);
  return isBot(visitor) ? BOTS[hashed % BOTS.length]! : DEVICES[hashed & 255]!;
}

export function placeOf(visitor: number): Place {
  return PLACES[again(visitor, 3) & 255]!;
}

/** 16 hexadecimal digits, as a first-party cookie holds them. */
export function visitorIdOf(visitor: number): string {
  return hex32(visitor) + hex32(mix(visitor ^ 0x27d4eb2f));
}

/** The name of the visitor as a user that signed in. */
export function userIdOf(visitor: number): string {
  return `user-${USERS + (again(visitor, 4) % USERS)}`;
}

/** The user agent of the request whose first event is `first`. */
export function requestAgent(plan: LoadPlan, first: number): string {
  const { visitor } = momentOf(trafficOf(plan), first);
  return plan.profile === 'server' ? BACKENDS[visitor % BACKENDS.length]! : deviceOf(visitor).userAgent;
}
