import type { DialectName } from './requests.ts';

/** Ways to make an event that no collector should take: each replaces, adds or (undefined) leaves out fields as sent. */
export type Flaw = Readonly<Record<string, unknown>>;

const TOO_LONG = 'x'.repeat(300);
/** Seconds where milliseconds are meant. */
const SECONDS = 1_760_000_000;

const EVENT_FLAWS: readonly Flaw[] = [
  { name: undefined },
  { name: TOO_LONG },
  { name: true },
  { revenue: '12,50' },
  { currency: 'EURO' },
  { occurred_at: SECONDS },
  { properties: ['no', 'object'] },
  { url: { href: 'https://shop.northridge.example/' } },
  { visitor_id: TOO_LONG },
];

const FLAWS: Readonly<Record<DialectName, readonly Flaw[]>> = {
  events: EVENT_FLAWS,
  websocket: EVENT_FLAWS,
  track: [{ action: undefined }, { user_id: '' }, { action: TOO_LONG }, { occurred_at: SECONDS }, { user_id: [1] }],
  account: [{ data: undefined }, { account_id: undefined }, { account_id: TOO_LONG }, { event_id: 'not-a-uuid' }],
};

/** What is wrong with a bad event, picked by a hash of it. */
export function flawOf(dialect: DialectName, hashed: number): Flaw {
  const flaws = FLAWS[dialect];
  return flaws[hashed % flaws.length]!;
}
