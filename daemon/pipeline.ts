import { randomFillSync } from 'node:crypto';
import type { Config } from '../src/config/schema.ts';
import { isRejection } from '../src/event/rejection.ts';
import { createEnrich } from './enrich/enrich.ts';
import type { Geo } from './enrich/geo.ts';
import { Sessions } from './enrich/ids/session.ts';
import { createUuidV7 } from './enrich/ids/uuid.ts';
import type { VisitorIds } from './enrich/ids/visitor.ts';
import type { PropertyKeys } from './enrich/property-keys.ts';
import { createUserAgents } from './enrich/user-agent.ts';
import type { Road } from './road.ts';
import type { Counters } from './telemetry/counters.ts';
import { EventHints } from './validate/hints.ts';
import { validate } from './validate/validate.ts';

/** What a collector brings to the road: its own lookups, and memory that it shares with the other collectors. */
export interface RoadDeps {
  readonly config: Config;
  readonly counters: Counters;
  readonly geo: Geo;
  readonly visitorIds: VisitorIds;
  readonly propertyKeys: PropertyKeys;
  readonly sessions: SharedArrayBuffer;
}

const USER_AGENTS_CACHED_MAX = 10_000;
const MINUTE_MS = 60_000;

/**
 * The road of an event through a collector:
 *
 *     receive → validate → enrich → spool → flush → clickhouse
 *
 * `receive` calls the road for each raw event of a request and hands the events that came through to the spool. The two
 * steps here are the pure ones between; between these stands the question whether this sender may send for this account.
 */
export function buildRoad({ config, counters, geo, visitorIds, propertyKeys, sessions }: RoadDeps): Road {
  const hints = new EventHints();
  const enrich = createEnrich({
    events: config.events,
    privacy: config.privacy,
    uuid: createUuidV7(randomFillSync),
    userAgents: createUserAgents(USER_AGENTS_CACHED_MAX),
    geo,
    visitorIds,
    sessions: new Sessions(sessions, config.events.sessionIdleMinutes * MINUTE_MS),
    propertyKeys,
    counters,
  });
  return (raw, sender) => {
    const event = validate(raw, hints);
    if (isRejection(event)) return event;
    return sender.grant?.admit(event) ?? enrich(event, sender, hints);
  };
}
