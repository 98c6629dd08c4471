import { describe, expect, test } from 'vitest';
import { PROFILES } from '../../../../src/loadtest/plan/plan.ts';
import { dialectOf, requestAt, requestOf } from '../../../../src/loadtest/profile/requests.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { fc } from '../../../support/property.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 });

describe('requests and events find each other', () => {
  test('every event is in the request that is said to carry it', () => {
    fc.assert(
      fc.property(sizes, fc.nat(2 ** 32 - 1), (sizes, n) => {
        const plan = samplePlan({ sizes });
        const { first, count } = requestAt(plan, requestOf(plan, n));
        expect(n).toBeGreaterThanOrEqual(first);
        expect(n).toBeLessThan(first + count);
      }),
    );
  });

  test('one request follows on the other, without a gap, in the sizes of the plan', () => {
    fc.assert(
      fc.property(sizes, fc.nat(2 ** 24), (sizes, k) => {
        const plan = samplePlan({ sizes });
        const request = requestAt(plan, k);
        expect(request).toMatchObject({ k, count: sizes[k % sizes.length] });
        expect(requestAt(plan, k + 1).first).toBe(request.first + request.count);
        expect(requestOf(plan, request.first)).toBe(k);
        expect(requestAt(plan, 0).first).toBe(0);
      }),
    );
  });
});

describe('dialects', () => {
  const share = (dialect: string) => {
    const plan = samplePlan({ profile: 'mixed' });
    const picked = Array.from({ length: 20_000 }, (_, k) => dialectOf(plan, k));
    return picked.filter((one) => one === dialect).length / picked.length;
  };

  test.each([
    ['events', 0.55],
    ['websocket', 0.2],
    ['track', 0.15],
    ['account', 0.1],
  ])('of mixed traffic, %s has a share of %d', (dialect, expected) => {
    expect(Math.abs(share(dialect) - expected)).toBeLessThan(0.02);
  });

  test.each(PROFILES.filter((profile) => profile !== 'mixed'))('%s speaks one', (profile) => {
    const plan = samplePlan({ profile });
    const spoken = new Set(Array.from({ length: 1_000 }, (_, k) => requestAt(plan, k).dialect));
    expect([...spoken]).toEqual([profile === 'websocket' ? 'websocket' : 'events']);
  });
});
