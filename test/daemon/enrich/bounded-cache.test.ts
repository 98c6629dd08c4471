import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../../../daemon/enrich/bounded-cache.ts';
import { createGeo } from '../../../daemon/enrich/geo.ts';
import { createVisitorIds } from '../../../daemon/enrich/ids/visitor.ts';
import { createUserAgents } from '../../../daemon/enrich/user-agent.ts';

describe('BoundedCache', () => {
  it('never holds more than two generations', () => {
    const cache = new BoundedCache<number>(10);
    for (let index = 0; index < 1_000; index++) {
      cache.set(`k${index}`, index);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
  });

  it('keeps what is used and drops what is not', () => {
    const cache = new BoundedCache<number>(10);
    cache.set('used', 1);
    cache.set('unused', 2);
    for (let index = 0; index < 1_000; index++) {
      cache.set(`k${index}`, index);
      expect(cache.get('used')).toBe(1);
    }
    expect(cache.get('unused')).toBeUndefined();
  });

  it('overwrites a value without growing', () => {
    const cache = new BoundedCache<number>(1);
    cache.set('a', 1);
    cache.set('a', 2);
    expect([cache.get('a'), cache.size]).toEqual([2, 1]);
  });
});

describe('caches that a sender can fill', () => {
  const ROUNDS = 300;
  const CACHE_MAX = 50;

  it('stay within their bound of user agents, however long those are', () => {
    const agents = createUserAgents(CACHE_MAX);
    for (let index = 0; index < ROUNDS; index++) agents.parse(`${index}/${'x'.repeat(2_000)}`);
    expect(agents.size).toBeLessThanOrEqual(CACHE_MAX);
  });

  it('stay within their bound of addresses', () => {
    const geo = createGeo({ get: () => null }, CACHE_MAX);
    for (let index = 0; index < ROUNDS; index++) geo.locate(`10.0.${index >> 8}.${index & 255}`);
    expect(geo.size).toBeLessThanOrEqual(CACHE_MAX);
  });

  it('stay within their bound of visitors of two days', () => {
    const visitors = createVisitorIds(() => 'salt', CACHE_MAX);
    for (let index = 0; index < ROUNDS; index++) visitors.daily(index % 7, 'a', `10.0.0.${index}`, 'ua', 1);
    expect(visitors.size).toBeLessThanOrEqual(2 * CACHE_MAX);
  });
});
