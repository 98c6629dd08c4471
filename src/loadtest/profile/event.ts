/** What event `n` says. Pure in the plan's seed, run, profile, sizes and rates, and in `n`. */
import type { LoadPlan } from '../plan/plan.ts';
import { hash, mix } from './hash.ts';
import { type DialectName, dialectOf, requestOf } from './requests.ts';
import { momentOf } from './sessions.ts';
import type { Act, Site } from './site/act.ts';
import { visitApp } from './site/app.ts';
import { visitBlog } from './site/blog.ts';
import { visitShop } from './site/shop.ts';
import { again } from './site/weighted.ts';
import { trafficOf } from './traffic.ts';
import { accountOf, deviceOf, placeOf, type SiteName, siteOf, userIdOf, visitorIdOf } from './visitor.ts';

/**
 * An event as it is to be stored, after the collector's mapping. An absent text is the empty string. A dialect that has no
 * word for a field leaves it empty; whatever the collector then puts there (a derived visitor, the place's time zone) is its
 * own. `type` is empty in these dialects and in no other.
 */
export interface TrafficEvent extends Readonly<Act> {
  readonly n: number;
  readonly dialect: DialectName;
  readonly account: string;
  readonly visitor_id: string;
  readonly user_id: string;
  readonly screen: string;
  readonly language: string;
  readonly timezone: string;
  /** Whether the collector has to take it. A rejected one says what is here but for one flaw, which `flaw` picks. */
  readonly expected: 'accepted' | 'rejected';
  /** A hash. */
  readonly flaw: number;
}

type Draft = { -readonly [Key in keyof TrafficEvent]: TrafficEvent[Key] };

const SITES: Readonly<Record<SiteName, Site>> = { shop: visitShop, blog: visitBlog, app: visitApp };

/** The name of every event that is told as `{account_id, data}`; no other event has it. */
export const DATA_NAME = 'data';

export function eventAt(plan: LoadPlan, n: number): TrafficEvent {
  return eventOf(plan, n, plan.profile === 'mixed' ? dialectOf(plan, requestOf(plan, n)) : dialectOf(plan, 0));
}

/** `eventAt` for who knows already how the request speaks. */
export function eventOf(plan: LoadPlan, n: number, dialect: DialectName): TrafficEvent {
  const traffic = trafficOf(plan);
  const moment = momentOf(traffic, n);
  const { visitor } = moment;
  const site = siteOf(visitor);
  const hashed = hash(traffic.eventKey, n);
  const place = placeOf(visitor);
  const { screens } = deviceOf(visitor);
  const event: Draft = {
    n,
    dialect,
    account: accountOf(plan, site),
    name: '',
    type: '',
    visitor_id: visitorIdOf(visitor),
    user_id: '',
    url: '',
    title: '',
    referrer: '',
    screen: screens[(visitor >>> 8) % screens.length]!,
    language: place.language,
    timezone: place.timezone,
    revenue: 0,
    currency: '',
    properties: '{}',
    signedIn: false,
    expected: hashed < traffic.badBelow ? 'rejected' : 'accepted',
    flaw: mix(hashed),
  };
  SITES[site](event, moment);
  if (event.signedIn) event.user_id = userIdOf(visitor);
  if (dialect === 'track') asTracked(event, visitor);
  else if (dialect === 'account') asData(event, visitor);
  return event;
}

/** `/track` knows who did what, and properties. */
function asTracked(event: Draft, visitor: number): void {
  leaveOut(event);
  event.user_id = userIdOf(visitor);
  const more = event.properties === '{}' ? '' : `,${event.properties.slice(1, -1)}`;
  event.properties = `{"amount":${again(event.flaw, 1) % 100}${more}}`;
}

/** `/` knows the account and some data, which become the one property of an event called `data`. */
function asData(event: Draft, visitor: number): void {
  const action = event.name;
  leaveOut(event);
  event.name = DATA_NAME;
  event.user_id = '';
  event.properties = `{"data":{"action":"${action}","user":"${userIdOf(visitor)}","value":${again(event.flaw, 1) % 100}}}`;
}

function leaveOut(event: Draft): void {
  event.type = '';
  event.visitor_id = '';
  event.url = '';
  event.title = '';
  event.referrer = '';
  event.screen = '';
  event.language = '';
  event.timezone = '';
  event.revenue = 0;
  event.currency = '';
}
