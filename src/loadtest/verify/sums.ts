/**
 * What a set of rows adds up to: two sets with equal sums are the same but for a coincidence of one in 2^32 at the least.
 * Exact as doubles: `total` stays below 2^53 for two million rows.
 */
import type { LedgerView } from '../ledger/view.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { contentHash } from '../profile/canonical.ts';
import { eventAt } from '../profile/event.ts';
import type { Row } from './read-slices.ts';

export interface Sums {
  rows: number;
  /** Distinct indices. */
  events: number;
  /** Of the content hashes. */
  total: number;
  /** XOR of the content hashes, unsigned. */
  parity: number;
}

export function noSums(): Sums {
  return { rows: 0, events: 0, total: 0, parity: 0 };
}

/** Adds what an answer says of one range. */
export function addRow(sums: Sums, row: Row): void {
  sums.rows += Number(row.rows);
  sums.events += Number(row.events);
  sums.total += Number(row.total);
  sums.parity = (sums.parity ^ Number(row.parity)) >>> 0;
}

export function isEqual(a: Sums, b: Sums): boolean {
  return a.rows === b.rows && a.events === b.events && a.total === b.total && a.parity === b.parity;
}

export interface Expected {
  /** Of the acknowledged events. */
  readonly acknowledged: Sums;
  /** Of these and the unknown ones. */
  readonly withUnknown: Sums;
}

/** What the events from `from` to before `to` must add up to when all is well: between the two. */
export function expectedSums(plan: LoadPlan, ledger: LedgerView, from: number, to: number): Expected {
  const acknowledged = noSums();
  const withUnknown = noSums();
  for (let n = from; n < to; n++) {
    const state = ledger.stateOf(n);
    if (state !== 'acknowledged' && state !== 'unknown') continue;
    const hash = contentHash(plan, eventAt(plan, n));
    addEvent(withUnknown, hash);
    if (state === 'acknowledged') addEvent(acknowledged, hash);
  }
  return { acknowledged, withUnknown };
}

function addEvent(sums: Sums, hash: number): void {
  sums.rows++;
  sums.events++;
  sums.total += hash;
  sums.parity = (sums.parity ^ hash) >>> 0;
}
