import { randomUUID } from 'node:crypto';
import { anonymize } from '../../../src/event/anonymize.ts';
import { COLUMNS } from '../../../src/event/columns.ts';
import type { Event, Sender } from '../../../src/event/event.ts';
import { isRejection, type Rejection } from '../../../src/event/rejection.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { outcomeJson } from '../outcome.ts';
import { type Decision, decide } from './consent.ts';
import type { SfplContext } from './context.ts';
import type { HitCookies } from './cookies.ts';
import { type Params, textOf } from './params.ts';
import { type HitPlace, placeOf } from './place.ts';
import { hashPrivateTexts } from './private-text.ts';
import { rawEventOf } from './raw-event.ts';

/** One event of this wire on its way, and what became of it: what an answer with cookies or an id needs. */
export interface Hit {
  readonly params: Params;
  readonly cookies: HitCookies;
  /** Whether a browser speaks for itself: only then it has a user agent worth keeping, and cookies. */
  readonly isClient: boolean;
  /** Flags that the visitor agreed to before, where the hit itself says none. */
  readonly storedFlags: number | undefined;
  readonly fallbackName?: string;
  event?: Event;
  /** What the browser is to be given; empty texts where nothing. */
  given?: Given;
}

interface Given {
  readonly vid: string;
  readonly sid: string;
}

/**
 * The dialect of hits. Unlike others it is handed no parsed value but a `Hit`, in which it leaves the event that was made of
 * it; its answers are those of each route.
 */
export function hitDialect(context: SfplContext): Dialect {
  return {
    take: (wire, sender, road) => {
      const hit = wire as Hit;
      const { params, isClient } = hit;
      hashPrivateTexts(params, context.config.privateHashPrefix, context.registry.hashKey);
      const place = placeOf(params, isClient ? sender.ip : '', context.locate, context.timezones);
      const decision = decide(flagsOf(hit), place, context.registry.jurisdictions(), context.config);
      if (decision.store === 'drop') return notAgreed(decision);
      // A server's own user agent and language say nothing about the visitor.
      const speaker = isClient ? sender : { ...sender, userAgent: '', language: '' };
      const event = road(rawEventOf(params, decision, hit.fallbackName), speaker);
      if (isRejection(event)) return event;
      fillIn(event, params, place, sender);
      if (decision.store === 'anonymize') anonymize(event);
      const isNew = mayIdentify(hit, decision, sender, event);
      // Not before the road: an id that its sender did not state says nothing about who is speaking.
      if (isNew) event.visitor_id = randomUUID();
      hit.event = event;
      hit.given = givenTo(hit, decision, event, isNew);
      return event;
    },
    answer: outcomeJson,
  };
}

/** What the visitor agreed to: as the hit says, else as is known. */
export function flagsOf({ params, storedFlags }: Pick<Hit, 'params' | 'storedFlags'>): number | undefined {
  const stated = textOf(params, 'cflags');
  return /^\d{1,15}$/.test(stated) ? Number(stated) : storedFlags;
}

function notAgreed({ jurisdiction }: Decision): Rejection {
  return {
    reason: 'no_consent',
    field: 'cflags',
    message: `the visitor did not agree, and the jurisdiction ${jurisdiction} says to drop the event`,
  };
}

function isSignalled(sender: Sender): boolean {
  return sender.doNotTrack || sender.globalPrivacyControl;
}

/** Whether a visitor without an id is given one that lasts. Otherwise the road derives one for the day. */
function mayIdentify({ params, isClient }: Hit, decision: Decision, sender: Sender, event: Event): boolean {
  return isClient && decision.cookies && !params.has('vid') && !isSignalled(sender) && event.bot === '';
}

/**
 * Cookies for what is stored, and for nothing else. Never an id that stands in the request itself: whoever makes a visitor
 * follow a link would choose who the visitor is from then on.
 */
function givenTo({ params, cookies, isClient }: Hit, decision: Decision, event: Event, isNew: boolean): Given {
  if (!isClient || !decision.cookies || event.bot !== '') return NOTHING;
  const stated = textOf(params, 'sid');
  return {
    vid: isNew || event.visitor_id === cookies.vid ? event.visitor_id : '',
    sid: stated === '' || stated === cookies.sid ? event.session_id : '',
  };
}

const NOTHING: Given = { vid: '', sid: '' };

const DEVICE = ['device', 'os', 'browser'] as const;
const MAX_BYTES = new Map(COLUMNS.map(({ name, maxBytes }) => [name as string, maxBytes]));

/** What the hit says fills what the user agent leaves open; a stated place goes before that of the address. */
function fillIn(event: Event, params: Params, place: HitPlace, sender: Sender): void {
  for (const name of DEVICE) {
    const stated = textOf(params, name);
    if (event[name] === '' && Buffer.byteLength(stated) <= MAX_BYTES.get(name)!) event[name] = stated;
  }
  if (!place.stated || isSignalled(sender)) return;
  event.country = place.country;
  event.region = place.region;
  event.city = place.city;
}
