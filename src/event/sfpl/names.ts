/**
 * The names of the wire of sfproductlabs/tracker (reference/seed-systems.md 2.4), and what becomes of each: for what comes
 * over `/tr/v1`, and for rows that are copied out of that tracker's tables.
 */

/** Names that are a column of ours by another name. `currency` and `content` have rules of their own. */
export const COLUMN_OF: ReadonlyMap<string, string> = new Map([
  ['vid', 'visitor_id'],
  ['sid', 'session_id'],
  ['uid', 'user_id'],
  ['oid', 'account'],
  ['ename', 'name'],
  ['etyp', 'type'],
  ['url', 'url'],
  ['last', 'referrer'],
  ['source', 'utm_source'],
  ['medium', 'utm_medium'],
  ['campaign', 'utm_campaign'],
  ['term', 'utm_term'],
  ['tz', 'timezone'],
  ['revenue', 'revenue'],
]);

/** Names of a payment that are a column of ours by another name. */
export const PAYMENT_COLUMN_OF: ReadonlyMap<string, string> = new Map([
  ['uid', 'user_id'],
  ['vid', 'visitor_id'],
  ['sid', 'session_id'],
  ['oid', 'account'],
  ['orid', 'order_id'],
  ['invid', 'invoice_id'],
  ['amt', 'amount'],
  ['revenue', 'amount'],
  ['qty', 'quantity'],
  ['payment', 'method'],
  ['rcode', 'referral_code'],
]);

/** Names of an agreement that are a column of ours by another name. */
export const AGREEMENT_COLUMN_OF: ReadonlyMap<string, string> = new Map([
  ['vid', 'visitor_id'],
  ['sid', 'session_id'],
  ['uid', 'user_id'],
  ['oid', 'account'],
  ['cflags', 'flags'],
  ['tz', 'timezone'],
  ['culture', 'language'],
]);

/** Names whose values are numbers where they can be. */
export const NUMBERS: ReadonlySet<string> = new Set(['duration', 'score', 'cflags', 'lat', 'lon', 'w', 'h']);

/** Names whose values are JSON, also as text. */
export const JSON_VALUES: ReadonlySet<string> = new Set([
  'params',
  'targets',
  'tags',
  'audience',
  'audience_tags',
  'content_tags',
]);

/** Texts that are hashed before anything else is done with them, and the name of the hash. */
export const HASHED: ReadonlyMap<string, string> = new Map([
  ['email', 'ehash'],
  ['cell', 'chash'],
  ['uname', 'uhash'],
]);

/** Ids of advertising networks: kept only of visitors who agreed to that. */
export const AD_IDS: ReadonlySet<string> = new Set(['gaid', 'idfa', 'msid', 'fbid', 'fbp', 'fbc', 'fbx']);

/** What tells who somebody is without being one of our ids. */
export const PERSONAL: ReadonlySet<string> = new Set([
  ...HASHED.values(),
  ...AD_IDS,
  'lat',
  'lon',
  'zip',
  'ja4h',
  'did',
  'auth_id',
]);

/** Texts that stay as they are, whatever they look like. */
const TEXTS: readonly string[] = [
  'org',
  'did',
  'tid',
  'rid',
  'relation',
  'auth_id',
  'invoice_id',
  'acct',
  'ptyp',
  'app',
  'rel',
  'ver',
  'sink',
  'outcome',
  'xid',
  'split',
  'ref',
  'rcode',
  'aff',
  'arm_id',
  'mcid',
  'device',
  'os',
  'browser',
  'country',
  'region',
  'city',
  'zip',
  'ja4h',
  'content',
  'currency',
  'culture',
  'eid',
  ...AD_IDS,
  ...HASHED.values(),
  'bhash',
];

/** What an event is called that has neither name nor content nor type. */
export const UNNAMED = 'event';

const TEXT_NAMES: ReadonlySet<string> = new Set(TEXTS);

const WIRE_NAMES: ReadonlySet<string> = new Set([
  ...COLUMN_OF.keys(),
  ...NUMBERS,
  ...JSON_VALUES,
  ...HASHED.keys(),
  ...TEXTS,
  'first',
  'created',
]);

/** Whether a name, in lower case, is one of the wire. */
export function isWireName(name: string): boolean {
  return WIRE_NAMES.has(name);
}

/** Whether a value under this name is text, whatever it looks like. */
export function isTextName(name: string): boolean {
  return TEXT_NAMES.has(name);
}
