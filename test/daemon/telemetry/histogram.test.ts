import { describe, expect, test } from 'vitest';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { BUCKETS, bucketOf, percentile, sparse } from '../../../daemon/telemetry/histogram.ts';
import { LATENCY_BOUNDS_MS } from '../../../src/control/stream.ts';

describe('buckets of durations', () => {
  test('a duration is in the first bucket whose bound is not below it', () => {
    for (let ms = 0.01; ms < 40_000; ms *= 1.037) {
      const expected = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
      expect(bucketOf(ms), `${ms} ms`).toBe(expected);
    }
  });

  test('what is longer than every bound, and what is no duration, has a bucket all the same', () => {
    expect(bucketOf(3_600_000)).toBe(BUCKETS - 1);
    expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(BUCKETS - 1);
    expect([bucketOf(0), bucketOf(-1), bucketOf(Number.NaN)]).toEqual([0, 0, 0]);
  });

  test('percentiles are wrong by less than a bucket', () => {
    const durations = Array.from({ length: 10_000 }, (_, index) => 1.2 ** (index % 50));
    const counts = new Float64Array(BUCKETS);
    for (const ms of durations) counts[bucketOf(ms)]! += 1;
    durations.sort((a, b) => a - b);
    for (const share of [0.5, 0.9, 0.99, 0.999]) {
      const exact = durations[Math.ceil(share * durations.length) - 1]!;
      const read = percentile(counts, share);
      expect(Math.max(read / exact, exact / read), `${share}`).toBeLessThan(Math.SQRT2);
    }
  });

  test('nothing counted has no percentile and no pairs', () => {
    expect(percentile(new Float64Array(BUCKETS), 0.5)).toBeNaN();
    expect(sparse(new Float64Array(BUCKETS))).toEqual([]);
  });
});

describe('shared counters', () => {
  test('histograms and counters are the sum over the threads', () => {
    const memory = allocateCounters(3);
    const [main, one, two] = [0, 1, 2].map((region) => new Counters(memory, region)) as [Counters, Counters, Counters];
    one.observe('receive_ack_seconds', 3);
    two.observe('receive_ack_seconds', 3);
    two.observe('receive_ack_seconds', 100);
    one.add('events_accepted_total', 2);
    two.add('events_accepted_total');
    const counts = new Float64Array(BUCKETS);
    expect(main.readHistogram('receive_ack_seconds', counts)).toBe(106);
    expect(sparse(counts)).toEqual([bucketOf(3), 2, bucketOf(100), 1]);
    expect(main.read('events_accepted_total')).toBe(3);
  });

  test('a delay is that of the worst thread', () => {
    const memory = allocateCounters(2);
    new Counters(memory, 0).set('process_loop_delay_p99_seconds', 0.2);
    new Counters(memory, 1).set('process_loop_delay_p99_seconds', 0.01);
    expect(new Counters(memory, 0).read('process_loop_delay_p99_seconds')).toBe(0.2);
  });
});
