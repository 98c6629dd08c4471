import type { Rejection } from './rejection.ts';

/**
 * The one shape of an event inside TrackFlow: a row of the table `events`, all columns but `batch`.
 *
 * Names equal the column names, the wire names of `POST /v1/events` and the words in filters. `validate` creates
 * it with every field present (one hidden class, so the encoder stays monomorphic), `enrich` fills in what the
 * sender cannot know, the encoder writes it; nobody keeps it afterwards. An absent text is the empty string.
 */
export interface Event {
  /** UUID in lower-case canonical form. Empty until enrich when the client gave none. */
  event_id: string;
  /** Whether the client gave `event_id`: only then is the event deduplicated. */
  has_client_id: boolean;
  account: string;
  name: string;
  type: string;
  visitor_id: string;
  session_id: string;
  user_id: string;
  /** Milliseconds since the epoch, UTC. NaN until enrich when the client gave none. */
  occurred_at: number;
  /** Milliseconds since the epoch, UTC. */
  received_at: number;
  /** 1 when the client's time was implausible and `received_at` took its place. */
  time_clamped: number;
  url: string;
  host: string;
  path: string;
  title: string;
  referrer: string;
  referrer_host: string;
  utm_source: string;
  utm_medium: string;
  utm_campaign: string;
  utm_term: string;
  utm_content: string;
  /** Which click id the URL carried: `gclid`, `fbclid`, … */
  click_id_type: string;
  click_id: string;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
  region: string;
  city: string;
  /** IANA name. */
  timezone: string;
  browser: string;
  browser_version: string;
  os: string;
  os_version: string;
  /** `desktop`, `mobile`, `tablet`, `tv`, `console`, `wearable`, `embedded`, or empty. */
  device: string;
  /** `WIDTHxHEIGHT` in CSS pixels. */
  screen: string;
  /** BCP 47 tag. */
  language: string;
  /** Class of bot (`crawler`, `tool`, `headless`, …); empty for people. */
  bot: string;
  /** The client's address, only where `privacy.storeIp` asks for it. */
  ip: string;
  /** Ten-thousandths of one unit of `currency` (Decimal(18, 4)): a safe integer. */
  revenue: number;
  /** ISO 4217, upper case. */
  currency: string;
  /** JSON object as text, already guarded: well-formed, bounded in depth, keys and lengths. `{}` when there is none. */
  properties: string;
}

/** What a sender may do; the step between validate and enrich asks it for each event. */
export interface SenderGrant {
  /** Why the event, or another row of an account, may not come in, if so. May give one without account the sender's. */
  admit(event: { account: string }): Rejection | undefined;
}

/** Who sent the event and how, as the edge saw it. One per request or WebSocket connection, shared by its events. */
export interface Sender {
  /** The client's address after trusted proxies were taken off; text form, IPv4-mapped IPv6 unmapped. */
  readonly ip: string;
  readonly userAgent: string;
  /** First tag of Accept-Language, or empty. */
  readonly language: string;
  readonly doNotTrack: boolean;
  readonly globalPrivacyControl: boolean;
  /** Whether the peer may state `ip` and `user_agent` for somebody else in the event (loopback or trusted proxy). */
  readonly trusted: boolean;
  /** Milliseconds since the epoch at which the request was complete. */
  readonly receivedAt: number;
  /** Left out where nobody is asked who they are. */
  readonly grant?: SenderGrant;
}

/** An event with nothing set but the defaults. The only constructor of an `Event`. */
export function emptyEvent(): Event {
  return {
    event_id: '',
    has_client_id: false,
    account: '',
    name: '',
    type: '',
    visitor_id: '',
    session_id: '',
    user_id: '',
    occurred_at: Number.NaN,
    received_at: 0,
    time_clamped: 0,
    url: '',
    host: '',
    path: '',
    title: '',
    referrer: '',
    referrer_host: '',
    utm_source: '',
    utm_medium: '',
    utm_campaign: '',
    utm_term: '',
    utm_content: '',
    click_id_type: '',
    click_id: '',
    country: '',
    region: '',
    city: '',
    timezone: '',
    browser: '',
    browser_version: '',
    os: '',
    os_version: '',
    device: '',
    screen: '',
    language: '',
    bot: '',
    ip: '',
    revenue: 0,
    currency: '',
    properties: '{}',
  };
}
