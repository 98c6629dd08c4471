import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from '../../../../src/loadtest/measure/histogram.ts';
import { fc } from '../../../support/property.ts';

function of(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const latencies = fc.array(fc.double({ min: 0.001, max: 299_000, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('percentiles', () => {
  test('are told in milliseconds to three digits', () => {
    const { p50, p90, p99, p999, max } = of(upTo(10_000)).percentiles();
    for (const [told, exact] of [
      [p50, 5_000],
      [p90, 9_000],
      [p99, 9_900],
      [p999, 9_990],
      [max, 10_000],
    ]) {
      expect(Math.abs(told! / exact! - 1)).toBeLessThan(0.001);
    }
  });

  test.each([
    [19, null, null, null, null, null],
    [20, 10, null, null, null, null],
    [100, 50, 90, null, null, null],
    [999, 500, 900, null, null, null],
    [1_000, 500, 900, 990, null, null],
    [9_999, 5_000, 9_000, 9_900, null, null],
    [10_000, 5_000, 9_000, 9_900, 9_990, null],
    [100_000, 50_000, 90_000, 99_000, 99_900, 99_990],
  ])('of %i samples are told when ten lie beyond', (count, ...expected) => {
    const { p50, p90, p99, p999, p9999 } = of(upTo(count)).percentiles();
    [p50, p90, p99, p999, p9999].forEach((told, index) => {
      if (expected[index] === null) expect(told).toBeNull();
      else expect(Math.abs(told! / expected[index]! - 1)).toBeLessThan(0.01);
    });
  });

  test('of nothing are nothing', () => {
    const nothing = { count: 0, p50: null, p90: null, p99: null, p999: null, p9999: null, max: null };
    expect(new LatencyHistogram().percentiles()).toEqual(nothing);
  });
});

test('what is out of range is counted at its end', () => {
  const { count, max } = of([0, -1, 0.000_1]).percentiles();
  expect([count, max]).toEqual([3, 0.001]);
  expect(Math.abs(of([1e9]).percentiles().max! / 300_000 - 1)).toBeLessThan(0.001);
});

test('histograms add up as if one had recorded all', () => {
  fc.assert(
    fc.property(latencies, latencies, (some, others) => {
      const merged = of(some);
      merged.merge(of(others));
      expect(merged.percentiles()).toEqual(of([...some, ...others]).percentiles());
    }),
  );
});

test('a histogram is the same after its way through text', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const histogram = of(values);
      const decoded = LatencyHistogram.decode(histogram.encode());
      expect(decoded.percentiles()).toEqual(histogram.percentiles());
      decoded.merge(histogram);
      expect(decoded.count).toBe(2 * values.length);
    }),
  );
});

test('an emptied histogram begins anew', () => {
  const histogram = of([5, 6]);
  histogram.reset();
  histogram.record(1);
  expect(histogram.percentiles()).toMatchObject({ count: 1, max: 1 });
});

test('text that is no histogram is refused', () => {
  expect(() => LatencyHistogram.decode('bm90aGluZw==')).toThrow();
});

test('samples are counted between bounds, and above the last', () => {
  expect(of([]).counts([1, 2])).toEqual([0, 0, 0]);
  expect(of([0.2, 1, 1.5, 2, 2, 7, 4_000]).counts([1, 2, 4])).toEqual([2, 3, 0, 2]);
  fc.assert(
    fc.property(latencies, (values) => {
      const counts = of(values).counts([1, 10, 100, 1_000]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
    }),
  );
});
