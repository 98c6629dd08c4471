import { describe, expect, test } from 'vitest';
import { Arrivals } from '../../../../src/loadtest/plan/arrivals.ts';
import { Intensity } from '../../../../src/loadtest/plan/intensity.ts';
import type { LoadPlan, Stage } from '../../../../src/loadtest/plan/plan.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { fc } from '../../../support/property.ts';

const stage = fc.record({
  fromRate: fc.integer({ min: 0, max: 300 }),
  toRate: fc.integer({ min: 0, max: 300 }),
  durationMs: fc.integer({ min: 1, max: 4_000 }),
});
const stages = fc.array(stage, { minLength: 1, maxLength: 5 });
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

/** Starts of all requests of a plan by index, from the schedules of its workers. */
function startsOf(plan: LoadPlan): number[] {
  const starts: number[] = [];
  for (let worker = 0; worker < plan.workers; worker++) {
    const arrivals = new Arrivals(plan, worker);
    for (; arrivals.atMs !== Number.POSITIVE_INFINITY; arrivals.advance()) starts[arrivals.k] = arrivals.atMs;
  }
  return starts;
}

const open = (changes: Partial<LoadPlan>) => samplePlan({ model: 'open', ...changes });
const constant = (rate: number, durationMs: number): Stage => ({ fromRate: rate, toRate: rate, durationMs });

describe('a constant schedule', () => {
  test('spaces requests by fractions of a millisecond', () => {
    const starts = startsOf(open({ stages: [constant(3_000, 2_000)] }));
    expect(starts).toHaveLength(6_000);
    starts.forEach((at, k) => {
      expect(at).toBeCloseTo(k / 3, 6);
    });
  });

  test('counts the rate in events, whatever a request carries', () => {
    expect(startsOf(open({ stages: [constant(100, 1_000)], sizes: [10] }))).toHaveLength(10);
    expect(startsOf(open({ stages: [constant(10, 1_000)], sizes: [1, 4] }))).toEqual([0, 100, 500, 600]);
  });

  test('never goes back, whatever the stages, sizes and number of workers', () => {
    fc.assert(
      fc.property(stages, sizes, fc.integer({ min: 1, max: 3 }), (stages, sizes, workers) => {
        const starts = startsOf(open({ stages, sizes, workers }));
        expect(Object.keys(starts)).toHaveLength(starts.length);
        for (let k = 1; k < starts.length; k++) expect(starts[k]!).toBeGreaterThanOrEqual(starts[k - 1]!);
        const { durationMs } = new Intensity(stages);
        if (starts.length > 0) expect(starts.at(-1)!).toBeLessThan(durationMs);
      }),
    );
  });

  test('starts in each stage as many events as its rates make', () => {
    fc.assert(
      fc.property(stages, (stages) => {
        const starts = startsOf(open({ stages }));
        const intensity = new Intensity(stages);
        let [endMs, due] = [0, 0];
        for (const { fromRate, toRate, durationMs } of stages) {
          endMs += durationMs;
          due += ((fromRate + toRate) / 2) * (durationMs / 1_000);
          expect(starts.filter((at) => at < endMs - 1e-6)).toHaveLength(Math.ceil(due - 1e-6));
          expect(intensity.eventsBy(endMs)).toBeCloseTo(due, 6);
        }
      }),
    );
  });

  test('inverts the cumulative count within a ramp', () => {
    fc.assert(
      fc.property(stages, fc.double({ min: 0, max: 0.999, noNaN: true }), (stages, share) => {
        const intensity = new Intensity(stages);
        const events = intensity.events * share;
        fc.pre(events < intensity.events - 0.01);
        expect(intensity.eventsBy(intensity.timeOf(events))).toBeCloseTo(events, 3);
      }),
    );
  });

  test('starts nothing while the rate is zero, and goes on after it', () => {
    const starts = startsOf(open({ stages: [constant(10, 1_000), constant(0, 5_000), constant(10, 1_000)] }));
    expect(starts).toHaveLength(20);
    expect(starts.filter((at) => at >= 1_000 && at < 6_000)).toEqual([]);
    expect(starts[10]).toBe(6_000);
  });

  test('is over after the last stage', () => {
    const arrivals = new Arrivals(open({ stages: [constant(1, 1_000)] }), 0);
    arrivals.advance();
    expect(arrivals.atMs).toBe(Number.POSITIVE_INFINITY);
    arrivals.advance();
    expect(arrivals.atMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a Poisson schedule', () => {
  const poisson = (changes: Partial<LoadPlan>) => startsOf(open({ arrival: 'poisson', ...changes }));

  test('is the same for the same seed and another for another, whoever sends it', () => {
    const plan = { stages: [constant(500, 2_000)], seed: 7 };
    expect(poisson({ ...plan, workers: 3 })).toEqual(poisson(plan));
    expect(poisson({ ...plan, seed: 8 })).not.toEqual(poisson(plan));
  });

  test('has gaps whose mean and deviation are the mean distance', () => {
    const starts = poisson({ stages: [constant(1_000, 100_000)] });
    const gaps = starts.slice(1).map((at, k) => at - starts[k]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
  });

  test('has counts whose variance is their mean, along a ramp too', () => {
    const stages = [{ fromRate: 0, toRate: 2_000, durationMs: 100_000 }];
    const intensity = new Intensity(stages);
    const starts = poisson({ stages });
    // Windows in which ten events are due on average.
    const counts = new Array<number>(10_000).fill(0);
    for (const at of starts) counts[Math.floor(intensity.eventsBy(at) / 10)]!++;
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(mean / 10).toBeCloseTo(1, 1);
    expect(variance / 10).toBeCloseTo(1, 1);
  });

  test('carries the events of the plan in batches', () => {
    const starts = poisson({ stages: [constant(1_000, 100_000)], sizes: [10] });
    expect(starts.length / 10_000).toBeCloseTo(1, 1);
  });
});
