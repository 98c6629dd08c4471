import { describe, expect, it } from 'vitest';
import { createVisitorIds, visitorOfUser } from '../../../../daemon/enrich/ids/visitor.ts';

const salts = new Map([
  [1, 'first'],
  [2, 'second'],
]);

describe('the cookieless visitor id', () => {
  it('is the same within a day and another on the next', () => {
    const ids = createVisitorIds((day) => salts.get(day));
    const id = ids.daily(1, 'a', '1.1.1.1', 'ua', 1);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(ids.daily(1, 'a', '1.1.1.1', 'ua', 1)).toBe(id);
    expect(ids.daily(2, 'a', '1.1.1.1', 'ua', 1)).not.toBe(id);
  });

  it('is the same in every thread that has the salt, whatever its cache keys', () => {
    const one = createVisitorIds((day) => salts.get(day));
    const two = createVisitorIds((day) => salts.get(day));
    expect(one.daily(1, 'a', '1.1.1.1', 'ua', 1)).toBe(two.daily(1, 'a', '1.1.1.1', 'ua', 99));
  });

  it('differs with account, address, user agent and salt', () => {
    const ids = createVisitorIds((day) => salts.get(day));
    const other = createVisitorIds(() => 'other');
    const all = [
      ids.daily(1, 'a', '1.1.1.1', 'ua', 1),
      ids.daily(1, 'b', '1.1.1.1', 'ua', 1),
      ids.daily(1, 'a', '1.1.1.2', 'ua', 1),
      ids.daily(1, 'a', '1.1.1.1', 'ub', 2),
      other.daily(1, 'a', '1.1.1.1', 'ua', 1),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('cannot be had any more, not even from the cache, once the salt is gone', () => {
    const day = new Map(salts);
    const ids = createVisitorIds((number) => day.get(number));
    expect(ids.daily(1, 'a', '1.1.1.1', 'ua', 1)).not.toBe('');
    day.delete(1);
    expect(ids.daily(1, 'a', '1.1.1.1', 'ua', 1)).toBe('');
    expect(ids.size).toBe(0);
  });

  it('is forgotten with its day', () => {
    const ids = createVisitorIds((day) => salts.get(day));
    ids.daily(1, 'a', '1.1.1.1', 'ua', 1);
    ids.daily(2, 'a', '1.1.1.1', 'ua', 1);
    ids.forget(1);
    expect(ids.size).toBe(1);
  });
});

describe('the visitor of a user', () => {
  it('is the same on every day and differs with user and account', () => {
    expect(visitorOfUser('a', 'u')).toMatch(/^[0-9a-f]{16}$/);
    expect(visitorOfUser('a', 'u')).toBe(visitorOfUser('a', 'u'));
    expect(new Set([visitorOfUser('a', 'u'), visitorOfUser('a', 'v'), visitorOfUser('b', 'u')]).size).toBe(3);
  });

  it('collides for none of 200,000 users', () => {
    const ids = new Set(Array.from({ length: 200_000 }, (_, index) => visitorOfUser('shop', `user-${index}`)));
    expect(ids.size).toBe(200_000);
  });
});
