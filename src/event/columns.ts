import type { Event } from './event.ts';
import type { RowColumn } from './table.ts';

/**
 * The columns of the table `events` in the order in which a Native block carries them. `blockType` is the type the
 * block declares; the server converts (`String` to `LowCardinality(String)`, `JSON` to one with limits), so a block written
 * before a schema change still inserts after it. JSON travels as text and is declared as the
 * very type of the table: only then is it parsed under the settings of the insert. Any other declaration is converted
 * under the server's defaults, which take strings that look like dates for dates and write them back differently.
 *
 * `maxBytes` bounds the UTF-8 bytes of a text; validate rejects above it. `dimension` marks what queries may group
 * and filter by.
 */
export interface Column extends RowColumn<Exclude<keyof Event, 'has_client_id'>> {
  readonly dimension: boolean;
}

const DATETIME = "DateTime64(3, 'UTC')";
const text = (name: Column['name'], maxBytes: number, dimension = true): Column => ({
  name,
  blockType: 'String',
  maxBytes,
  dimension,
});

export const COLUMNS: readonly Column[] = [
  { name: 'event_id', blockType: 'UUID', maxBytes: 36, dimension: false },
  text('account', 64),
  text('name', 128),
  text('type', 64),
  text('visitor_id', 128),
  text('session_id', 128),
  text('user_id', 256),
  { name: 'occurred_at', blockType: DATETIME, maxBytes: 40, dimension: false },
  { name: 'received_at', blockType: DATETIME, maxBytes: 40, dimension: false },
  { name: 'time_clamped', blockType: 'UInt8', maxBytes: 1, dimension: false },
  text('url', 4096, false),
  text('host', 255),
  text('path', 2048),
  text('title', 512),
  text('referrer', 4096, false),
  text('referrer_host', 255),
  text('utm_source', 255),
  text('utm_medium', 255),
  text('utm_campaign', 255),
  text('utm_term', 255),
  text('utm_content', 255),
  text('click_id_type', 32),
  text('click_id', 512, false),
  text('country', 2),
  text('region', 128),
  text('city', 128),
  text('timezone', 64),
  text('browser', 64),
  text('browser_version', 32),
  text('os', 64),
  text('os_version', 32),
  text('device', 32),
  text('screen', 16),
  text('language', 35),
  text('bot', 32),
  text('ip', 45, false),
  { name: 'revenue', blockType: 'Decimal(18, 4)', maxBytes: 24, dimension: false },
  text('currency', 3),
  { name: 'properties', blockType: 'JSON(max_dynamic_paths=256)', maxBytes: 32_768, dimension: false },
];

/** Largest absolute `revenue` in ten-thousandths: the largest safe integer of JavaScript, below Decimal(18, 4). */
export const REVENUE_SCALE = 10_000;
export const REVENUE_UNITS_MAX = Number.MAX_SAFE_INTEGER;
