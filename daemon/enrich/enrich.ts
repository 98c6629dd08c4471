import type { Config } from '../../src/config/schema.ts';
import { anonymize } from '../../src/event/anonymize.ts';
import type { Event, Sender } from '../../src/event/event.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import type { Hints } from '../road.ts';
import type { CounterName } from '../telemetry/catalogue.ts';
import type { Geo } from './geo.ts';
import type { Sessions } from './ids/session.ts';
import { type VisitorIds, visitorOfUser } from './ids/visitor.ts';
import { decidePrivacy } from './privacy.ts';
import type { PropertyKeys } from './property-keys.ts';
import { canonicalIp } from './proxy.ts';
import { settleTime, utcDay } from './time.ts';
import { readUrls } from './url.ts';
import type { Agent, UserAgents } from './user-agent.ts';

/** All that enrich looks things up in. Each is made once per thread; only the memory under `sessions` is shared. */
export interface EnrichDeps {
  readonly events: Pick<Config['events'], 'pastDaysMax' | 'futureMinutesMax' | 'bots'>;
  readonly privacy: Config['privacy'];
  readonly uuid: (nowMs: number) => string;
  readonly userAgents: UserAgents;
  readonly geo: Geo;
  readonly visitorIds: VisitorIds;
  readonly sessions: Sessions;
  readonly propertyKeys: PropertyKeys;
  readonly counters: { add(name: CounterName): void };
}

export type Enrich = (event: Event, sender: Sender, hints: Hints) => Event | Rejection;

/**
 * Makes the step that fills in what the sender cannot know. It completes the event it is handed and returns it, or says
 * why the operator does not want it (reasons of kind `policy`). Nothing of a refused event is remembered.
 *
 * The address ends here: it goes into lookups, and into the event only where `privacy.storeIp` asks for it.
 */
export function createEnrich(deps: EnrichDeps): Enrich {
  const { events, privacy } = deps;
  return (event, sender, hints) => {
    const decision = decidePrivacy(sender, privacy);
    if (typeof decision === 'object') return decision;
    const isClaimed = sender.trusted && hints.userAgent !== '';
    const userAgent = isClaimed ? hints.userAgent : sender.userAgent;
    const agent = deps.userAgents.parse(userAgent);
    const isBackend = !isClaimed && speaksForOthers(event, sender, hints, agent);
    if (!isBackend && agent.bot !== '' && events.bots === 'drop') {
      return { reason: 'bot', field: '', message: `the user agent is a bot's (${agent.bot}) and events.bots is drop` };
    }

    if (!event.has_client_id) event.event_id = deps.uuid(sender.receivedAt);
    if (settleTime(event, sender.receivedAt, events)) deps.counters.add('enrich_time_clamped_total');
    readUrls(event);
    if (!isBackend) fillDevice(event, agent);
    if (event.language === '') event.language = sender.language;

    const ip = sender.trusted && hints.ip !== '' ? canonicalIp(hints.ip) : sender.ip;
    fillPlace(event, sender, hints, isBackend && hints.ip === '' ? '' : ip, deps.geo);
    if (decision === 'anonymize') {
      anonymize(event);
    } else {
      if (privacy.storeIp) event.ip = ip;
      if (event.visitor_id === '')
        event.visitor_id = visitorOf(event, ip, userAgent, agent, isBackend, deps.visitorIds);
      if (event.session_id === '' && event.visitor_id !== '') {
        event.session_id = deps.sessions.idOf(event.account, event.visitor_id, event.occurred_at);
      }
    }
    if (deps.propertyKeys.bound(event, hints.leaves)) deps.counters.add('enrich_properties_overflowed_total');
    return event;
  };
}

/**
 * Whether the connection is a backend's that reports what somebody else did: then its own user agent (an HTTP library,
 * or none) and its own address say nothing about the visitor. It is, when it names that somebody or when we trust it. A
 * script that fetched a page does neither: its events keep the mark `tool`.
 */
function speaksForOthers(event: Event, sender: Sender, hints: Hints, agent: Agent): boolean {
  if (agent.bot !== 'tool' && sender.userAgent !== '') return false;
  return sender.trusted || hints.userAgent !== '' || event.user_id !== '' || event.visitor_id !== '';
}

function fillDevice(event: Event, agent: Agent): void {
  event.browser = agent.browser;
  event.browser_version = agent.browserVersion;
  event.os = agent.os;
  event.os_version = agent.osVersion;
  event.device = agent.device;
  event.bot = agent.bot;
}

/** A trusted sender's claim wins as a whole: its country with our city would be a place that does not exist. */
function fillPlace(event: Event, sender: Sender, hints: Hints, ip: string, geo: Geo): void {
  if (sender.trusted && hints.country !== '') {
    event.country = hints.country;
    event.region = hints.region;
    event.city = hints.city;
    return;
  }
  const place = geo.locate(ip);
  event.country = place.country;
  event.region = place.region;
  event.city = place.city;
  if (event.timezone === '') event.timezone = place.timezone;
}

/** Many users share one backend's address and user agent: there the user is the visitor. */
function visitorOf(
  event: Event,
  ip: string,
  userAgent: string,
  agent: Agent,
  isBackend: boolean,
  ids: VisitorIds,
): string {
  if (isBackend && event.user_id !== '') return visitorOfUser(event.account, event.user_id);
  if (ip === '') return '';
  const id = ids.daily(utcDay(event.occurred_at), event.account, ip, userAgent, agent.key);
  // The salt of the day the event occurred on may be gone (a late event) or not be there yet (a clock that is ahead).
  return id !== '' ? id : ids.daily(utcDay(event.received_at), event.account, ip, userAgent, agent.key);
}
