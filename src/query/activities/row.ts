/** One element of the array that `GET /activities` answers with. The first three are those of seed 003's route. */
export interface ActivityRow {
  readonly user_id: string;
  /** The event's name. */
  readonly action: string;
  /** When it was received: ISO 8601, UTC. */
  readonly created_at: string;
  readonly event_id: string;
  readonly account: string;
  readonly name: string;
  readonly type: string;
  readonly visitor_id: string;
  readonly session_id: string;
  /** When it happened, as the client says: ISO 8601, UTC. */
  readonly occurred_at: string;
  readonly url: string;
  readonly title: string;
  readonly referrer: string;
  readonly country: string;
  readonly city: string;
  readonly browser: string;
  readonly os: string;
  readonly device: string;
  /** Class of bot; empty for people. */
  readonly bot: string;
  /** Decimal text, `0` when there is none. */
  readonly revenue: string;
  readonly currency: string;
  /** Dotted keys come back nested: the column keeps paths. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const TEXTS = [
  'account',
  'name',
  'type',
  'visitor_id',
  'session_id',
  'url',
  'title',
  'referrer',
  'country',
  'city',
  'browser',
  'os',
  'device',
  'bot',
  'currency',
] as const;

export type RawActivity = Readonly<
  Record<(typeof TEXTS)[number] | 'user_id' | 'event_id' | 'revenue_text' | 'properties_text', string> &
    Record<'received_ms' | 'occurred_ms', string | number>
>;

/** The select list; computed columns have names of their own, so that none hides a column of the table. */
export const ACTIVITY_COLUMNS = [
  'user_id',
  'event_id',
  'toUnixTimestamp64Milli(received_at) AS received_ms',
  'toUnixTimestamp64Milli(occurred_at) AS occurred_ms',
  'toString(revenue) AS revenue_text',
  'toJSONString(properties) AS properties_text',
  ...TEXTS,
].join(', ');

/** A row as ClickHouse sends it → as the route answers it. */
export function toActivity(raw: RawActivity): ActivityRow {
  return {
    user_id: raw.user_id,
    action: raw.name,
    created_at: isoOf(raw.received_ms),
    event_id: raw.event_id,
    account: raw.account,
    name: raw.name,
    type: raw.type,
    visitor_id: raw.visitor_id,
    session_id: raw.session_id,
    occurred_at: isoOf(raw.occurred_ms),
    url: raw.url,
    title: raw.title,
    referrer: raw.referrer,
    country: raw.country,
    city: raw.city,
    browser: raw.browser,
    os: raw.os,
    device: raw.device,
    bot: raw.bot,
    revenue: raw.revenue_text,
    currency: raw.currency,
    properties: JSON.parse(raw.properties_text) as Record<string, unknown>,
  };
}

function isoOf(ms: string | number): string {
  return new Date(Number(ms)).toISOString();
}
