import { COLUMNS } from '../../src/event/columns.ts';
import type { Event } from '../../src/event/event.ts';

/** The columns that a sender fills with text, taken as they come. */
type TextColumn = {
  [Name in keyof Event]: Event[Name] extends string ? Name : never;
}[keyof Event];

/** What the sender says about the visitor in place of its own connection; for trusted senders only (see `Hints`). */
export type Claim = 'ip' | 'userAgent' | 'region' | 'city';

/** A wire name that validate knows and how it is read. Every other top-level name is a property. */
export type Field =
  | { readonly kind: 'text'; readonly name: TextColumn; readonly maxBytes: number }
  | { readonly kind: 'claim'; readonly name: string; readonly claim: Claim; readonly maxBytes: number }
  | { readonly kind: 'event_id' | 'occurred_at' | 'revenue' | 'currency' | 'country' | 'properties' };

const USER_AGENT_BYTES_MAX = 1_024;

const TEXT_FIELDS: readonly TextColumn[] = [
  'account',
  'name',
  'type',
  'visitor_id',
  'session_id',
  'user_id',
  'url',
  'host',
  'path',
  'title',
  'referrer',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'click_id_type',
  'click_id',
  'timezone',
  'screen',
  'language',
];

const MAX_BYTES = new Map<string, number>(COLUMNS.map((column) => [column.name, column.maxBytes]));

const text = (name: TextColumn): Field => ({ kind: 'text', name, maxBytes: MAX_BYTES.get(name)! });
const claim = (name: string, target: Claim, maxBytes: number): Field => ({
  kind: 'claim',
  name,
  claim: target,
  maxBytes,
});

/** Every wire name of an event. */
export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...TEXT_FIELDS.map((name): [string, Field] => [name, text(name)]),
  ['event_id', { kind: 'event_id' }],
  ['occurred_at', { kind: 'occurred_at' }],
  ['revenue', { kind: 'revenue' }],
  ['currency', { kind: 'currency' }],
  ['properties', { kind: 'properties' }],
  ['ip', claim('ip', 'ip', MAX_BYTES.get('ip')!)],
  ['user_agent', claim('user_agent', 'userAgent', USER_AGENT_BYTES_MAX)],
  ['country', { kind: 'country' }],
  ['region', claim('region', 'region', MAX_BYTES.get('region')!)],
  ['city', claim('city', 'city', MAX_BYTES.get('city')!)],
]);
