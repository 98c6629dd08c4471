/** Who visits, as the Visitors view shows it: the answers of one round of questions. */

/** Tables of the view: title and the dimension they count by. */
export const AUDIENCE_TABLES = [
  { title: 'Top pages', dimension: 'path' },
  { title: 'Referrers', dimension: 'referrer_host' },
  { title: 'Countries', dimension: 'country' },
  { title: 'Devices', dimension: 'device' },
  { title: 'Campaigns', dimension: 'utm_campaign' },
] as const;

export type AudienceDimension = (typeof AUDIENCE_TABLES)[number]['dimension'];

export interface AudienceRow {
  /** Empty for events that have none. */
  readonly value: string;
  readonly visitors: number;
  readonly events: number;
}

export interface Audience {
  readonly askedAt: number;
  readonly windowMs: number;
  readonly totals: Readonly<Record<'visitors' | 'sessions' | 'pageviews' | 'events', number>>;
  readonly tables: Readonly<Record<AudienceDimension, readonly AudienceRow[]>>;
  /** Shards that are away: the numbers are without their rows. */
  readonly missingShards: readonly number[];
  /** Why the last round failed; empty when it did not. */
  readonly failure: string;
}

const TABLES_EMPTY = { path: [], referrer_host: [], country: [], device: [], utm_campaign: [] };

/** Before the first answer. */
export const AUDIENCE_EMPTY = {
  totals: { visitors: 0, sessions: 0, pageviews: 0, events: 0 },
  tables: TABLES_EMPTY,
  missingShards: [],
};
