/**
 * A request as it goes over the wire. Texts of the traffic hold nothing that JSON escapes (a test looks at them), so they
 * stand between quotes as they are; only bad events, of which there are few, pass through JSON.stringify.
 */
import type { LoadPlan } from '../plan/plan.ts';
import { eventOf, type TrafficEvent } from './event.ts';
import { eventId } from './event-id.ts';
import { flawOf } from './flaws.ts';
import type { DialectName, LoadRequest } from './requests.ts';

export interface EncodedRequest {
  /** Where to POST it; for `websocket` the path of the connection. */
  readonly path: string;
  /** JSON: one event, or an array of several. For `websocket` the text of the message. */
  readonly body: string;
}

const PATHS: Readonly<Record<DialectName, string>> = {
  events: '/v1/events',
  track: '/track',
  account: '/',
  websocket: '/v1/ws',
};

/**
 * The request as sent at `atMs` (epoch milliseconds, whole): the same arguments give the same bytes, so a request is sent
 * a second time by encoding it with the same time.
 */
export function encodeRequest(plan: LoadPlan, request: LoadRequest, atMs: number): EncodedRequest {
  const { dialect, first, count } = request;
  const path = PATHS[dialect];
  if (count === 1) return { path, body: eventText(plan, first, dialect, atMs) };
  let body = `[${eventText(plan, first, dialect, atMs)}`;
  for (let n = first + 1; n < first + count; n++) body += `,${eventText(plan, n, dialect, atMs)}`;
  return { path, body: `${body}]` };
}

function eventText(plan: LoadPlan, n: number, dialect: DialectName, atMs: number): string {
  const event = eventOf(plan, n, dialect);
  const text = SAY[dialect](event, eventId(plan, n, atMs), atMs);
  if (event.expected === 'accepted') return text;
  return JSON.stringify({ ...(JSON.parse(text) as object), ...flawOf(dialect, event.flaw) });
}

type Say = (event: TrafficEvent, id: string, atMs: number) => string;

const sayEvent: Say = (event, id, atMs) => {
  let text = `{"event_id":"${id}","occurred_at":${atMs},"account":"${event.account}","name":"${event.name}","type":"${event.type}","visitor_id":"${event.visitor_id}","url":"${event.url}","title":"${event.title}","screen":"${event.screen}","language":"${event.language}","timezone":"${event.timezone}"`;
  if (event.user_id !== '') text += `,"user_id":"${event.user_id}"`;
  if (event.referrer !== '') text += `,"referrer":"${event.referrer}"`;
  if (event.currency !== '') text += `,"currency":"${event.currency}"`;
  if (event.revenue !== 0) text += `,"revenue":${event.revenue / REVENUE_SCALE}`;
  return event.properties === '{}' ? `${text}}` : `${text},"properties":${event.properties}}`;
};

const sayTrack: Say = (event, id, atMs) =>
  `{"user_id":"${event.user_id}","action":"${event.name}","event_id":"${id}","account":"${event.account}","occurred_at":${atMs},${event.properties.slice(1)}`;

const sayAccount: Say = (event, id) =>
  `{"account_id":"${event.account}","event_id":"${id}",${event.properties.slice(1)}`;

const SAY: Readonly<Record<DialectName, Say>> = {
  events: sayEvent,
  websocket: sayEvent,
  track: sayTrack,
  account: sayAccount,
};

/** Ten-thousandths in one unit of a currency. */
const REVENUE_SCALE = 10_000;
