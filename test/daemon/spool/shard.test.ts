import { describe, expect, it } from 'vitest';
import { shardOf as shardOfRow } from '../../../daemon/spool/shard.ts';
import type { Event } from '../../../src/event/event.ts';
import { sampleEvent } from '../../support/events.ts';

function shardOf({ account, visitor_id, event_id }: Event, shards: number): number {
  return shardOfRow(account, visitor_id, event_id, shards);
}

const VISITORS = 20_000;
const events = Array.from({ length: VISITORS }, (_, n) => sampleEvent(n, { account: 'shop', visitor_id: `v${n}` }));

function counts(shards: number, of = events): number[] {
  const found = new Array<number>(shards).fill(0);
  for (const event of of) found[shardOf(event, shards)]!++;
  return found;
}

describe('the shard of an event', () => {
  it('is that of its account and visitor, whatever else it says', () => {
    const event = sampleEvent(1, { account: 'shop', visitor_id: 'ada' });
    const shard = shardOf(event, 7);
    expect(shardOf(sampleEvent(2, { account: 'shop', visitor_id: 'ada', name: 'signup' }), 7)).toBe(shard);
    // Kept for ever: a released version has spread events by it.
    expect([2, 3, 4, 5, 16].map((shards) => shardOf(event, shards))).toMatchInlineSnapshot(`
      [
        1,
        2,
        3,
        3,
        9,
      ]
    `);
  });

  it.each([2, 3, 5, 16])('spreads visitors evenly over %i', (shards) => {
    const fair = VISITORS / shards;
    for (const count of counts(shards)) expect(Math.abs(count - fair) / fair).toBeLessThan(0.15);
  });

  it('spreads events without a visitor by their own id', () => {
    const anonymous = Array.from({ length: VISITORS }, (_, n) => sampleEvent(n, { visitor_id: '' }));
    for (const count of counts(4, anonymous)) expect(Math.abs(count - VISITORS / 4) / VISITORS).toBeLessThan(0.05);
  });

  it('stays, or becomes the new one, when there is one more', () => {
    const moved = events.filter((event) => shardOf(event, 3) !== shardOf(event, 4));
    expect(moved.every((event) => shardOf(event, 4) === 3)).toBe(true);
    expect(moved.length / VISITORS).toBeGreaterThan(0.2);
    expect(moved.length / VISITORS).toBeLessThan(0.3);
  });
});
