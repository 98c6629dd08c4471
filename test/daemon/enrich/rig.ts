import { createEnrich, type Enrich, type EnrichDeps } from '../../../daemon/enrich/enrich.ts';
import { createGeo } from '../../../daemon/enrich/geo.ts';
import { allocateSessions, Sessions } from '../../../daemon/enrich/ids/session.ts';
import { createUuidV7 } from '../../../daemon/enrich/ids/uuid.ts';
import { createVisitorIds } from '../../../daemon/enrich/ids/visitor.ts';
import { PropertyKeys } from '../../../daemon/enrich/property-keys.ts';
import { createUserAgents } from '../../../daemon/enrich/user-agent.ts';
import { EventHints } from '../../../daemon/validate/hints.ts';
import { validate } from '../../../daemon/validate/validate.ts';
import type { Event, Sender } from '../../../src/event/event.ts';
import { isRejection, type Rejection } from '../../../src/event/rejection.ts';

export const NOON = Date.UTC(2026, 10, 21, 12);
export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

/** Randomness that a test can repeat. */
export function seededFill(seed: number): (block: Uint8Array) => void {
  let state = seed;
  return (block) => {
    for (let index = 0; index < block.length; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      block[index] = state >>> 24;
    }
  };
}

export function browser(over: Partial<Sender> = {}): Sender {
  return {
    ip: '203.0.113.9',
    userAgent: CHROME,
    language: 'de',
    doNotTrack: false,
    globalPrivacyControl: false,
    trusted: false,
    receivedAt: NOON,
    ...over,
  };
}

export interface Rig {
  readonly enrich: Enrich;
  readonly counted: string[];
  readonly learned: string[];
  /** Validate and enrich in a row, as the road does. */
  run(raw: Record<string, unknown>, sender?: Sender): Event | Rejection;
  event(raw: Record<string, unknown>, sender?: Sender): Event;
}

const PLACES: Record<string, unknown> = {
  '203.0.113.9': { country_code: 'DE', state1: 'Berlin', city: 'Berlin', timezone: 'Europe/Berlin' },
  '198.51.100.1': {
    country: { iso_code: 'US' },
    subdivisions: [{ names: { en: 'Ohio' } }],
    city: { names: { en: 'Akron' } },
  },
};

/** Everything real but the database of places, the salts and the randomness. */
export function createRig(over: Partial<EnrichDeps> = {}): Rig {
  const counted: string[] = [];
  const learned: string[] = [];
  const hints = new EventHints();
  const enrich = createEnrich({
    events: { pastDaysMax: 730, futureMinutesMax: 10, bots: 'mark' },
    privacy: { doNotTrack: 'anonymize', globalPrivacyControl: 'anonymize', storeIp: false },
    uuid: createUuidV7(seededFill(1)),
    userAgents: createUserAgents(),
    geo: createGeo({ get: (ip) => PLACES[ip] ?? null }, 100),
    visitorIds: createVisitorIds((day) => `salt of ${day}`),
    sessions: new Sessions(allocateSessions(7), 30 * 60_000),
    propertyKeys: new PropertyKeys({ keysPerAccountMax: 3 }, (_account, key) => learned.push(key)),
    counters: { add: (name) => counted.push(name) },
    ...over,
  });
  const run = (raw: Record<string, unknown>, sender = browser()) => {
    const event = validate({ name: 'n', ...raw }, hints);
    return isRejection(event) ? event : enrich(event, sender, hints);
  };
  const event = (raw: Record<string, unknown>, sender?: Sender) => {
    const result = run(raw, sender);
    if (isRejection(result)) throw new Error(JSON.stringify(result));
    return result;
  };
  return { enrich, counted, learned, run, event };
}
