import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../daemon/flush/breaker.ts';

const middle = () => 0.5;

function failTimes(breaker: Breaker, times: number): number[] {
  return Array.from({ length: times }, () => breaker.failed('away'));
}

describe('the breaker', () => {
  it('stays closed for two failures and opens at the third', () => {
    const breaker = new Breaker(middle);
    failTimes(breaker, 2);
    breaker.waited();
    expect(breaker.state).toBe('closed');
    breaker.failed('away');
    expect(breaker.state).toBe('open');
  });

  it('lets one attempt through after the wait, whose outcome opens or closes it', () => {
    const breaker = new Breaker(middle);
    failTimes(breaker, 3);
    breaker.waited();
    expect(breaker.state).toBe('half-open');
    breaker.failed('still away');
    expect(breaker).toMatchObject({ state: 'open', lastError: 'still away' });
    breaker.waited();
    breaker.succeeded();
    expect(breaker).toMatchObject({ state: 'closed', lastError: '' });
  });

  it('doubles the wait from 100 ms and never waits longer than 10 s', () => {
    const waits = failTimes(new Breaker(middle), 20);
    expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
    expect(new Set(waits.slice(8))).toEqual(new Set([10_000]));
  });

  it('begins at the shortest wait again after a success', () => {
    const breaker = new Breaker(middle);
    failTimes(breaker, 6);
    breaker.succeeded();
    expect(breaker.failed('away')).toBe(100);
    expect(breaker.state).toBe('closed');
  });

  it('spreads waits by a fifth to either side', () => {
    expect(new Breaker(() => 0).failed('away')).toBeCloseTo(80);
    expect(new Breaker(() => 1 - Number.EPSILON).failed('away')).toBeCloseTo(120);
  });
});
