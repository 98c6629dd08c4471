import { describe, expect, it } from 'vitest';
import type { ReportFigures } from '../../../../src/loadtest/report/report.ts';
import { evaluateSlos, parseSlos } from '../../../../src/loadtest/report/slo.ts';
import { madeUpFigures, percentiles } from './made-up.ts';

function measured(text: string, changes: Partial<ReportFigures> = {}) {
  return evaluateSlos(parseSlos(text), madeUpFigures(changes))[0]!;
}

describe('bounds', () => {
  it('are read with their unit', () => {
    expect(parseSlos('p99<250ms, errors<=0.1%,lag<5s,stored>1k/s,p99.9<0.5s')).toMatchObject([
      { metric: 'p99', comparison: '<', limit: 250, unit: 'ms' },
      { metric: 'errors', comparison: '<=', limit: 0.001, unit: 'share' },
      { metric: 'lag', comparison: '<', limit: 5_000, unit: 'ms' },
      { metric: 'stored', comparison: '>', limit: 1_000, unit: 'per second' },
      { metric: 'p99.9', comparison: '<', limit: 500, unit: 'ms' },
    ]);
  });

  it.each([
    ['', 'one of p50'],
    ['p98<1ms', 'one of p50'],
    ['toString<1ms', 'one of p50'],
    ['p99=1ms', 'one of p50'],
    ['p99<250', '250ms or 5s'],
    ['p99<1%', '250ms or 5s'],
    ['errors<0.1', '0.1%'],
    ['errors<101%', '0.1%'],
    ['stored>1000', '1000/s'],
    ['p99<1ms,,', 'one of p50'],
    [Array.from({ length: 21 }, () => 'p99<1ms').join(','), 'at most 20'],
  ])('%j is refused by name, with what is allowed', (text, allowed) => {
    expect(() => parseSlos(text)).toThrow(
      expect.objectContaining({ code: 'TF_USAGE', message: expect.stringContaining(allowed) }),
    );
  });

  it.each([
    ['p50<=1.3ms', true],
    ['p50<1.3ms', false],
    ['p99<8ms', true],
    ['p99>8ms', false],
    ['max>=117ms', true],
    ['lag<1s', false],
    ['lag<2s', true],
    ['stored>4990/s', false],
    ['stored>=4990/s', true],
    ['rate>4k/s', true],
    ['errors<=0%', true],
  ])('%s is %j for the figures of the run', (text, met) => {
    expect(measured(text).met).toBe(met);
  });

  it('are met by the maximum when too few samples lie beyond a percentile', () => {
    const latency = { ...percentiles(1, 500), p99: null, max: 40 };
    expect(measured('p99<50ms', { latency })).toMatchObject({ met: true, measured: 40 });
    expect(measured('p99<30ms', { latency })).toMatchObject({ met: false, measured: 40 });
  });

  it('are those of the service time in the closed model', () => {
    expect(measured('p50<1.2ms', { latency: null })).toMatchObject({ met: true, measured: 1.1 });
  });

  it('are not met by what was not measured', () => {
    expect(measured('lag<60m', { server: null, visibility: null })).toMatchObject({ met: false, measured: null });
    expect(measured('p99<60m', { latency: percentiles(0, 0), service: percentiles(0, 0) }).met).toBe(true);
    const none = { count: 0, p50: null, p90: null, p99: null, p999: null, p9999: null, max: null };
    expect(measured('p99<60m', { latency: none })).toMatchObject({ met: false, measured: null });
  });
});

describe('errors', () => {
  const outcomes = { ...madeUpFigures().outcomes, accepted: 9_000, rejected: 0 };

  it('are all requests that were neither accepted nor rejected', () => {
    const failed = { ...outcomes, timeout: 400, refused: 300, backpressure: 200, mismatch: 100 };
    expect(measured('errors<1%', { outcomes: failed, rejectedBy: {} }).measured).toBeCloseTo(0.1);
  });

  it('are rejections too, where there are more than the bad events that were sent', () => {
    expect(measured('errors<0.1%', { rejectedBy: { missing: 700 } })).toMatchObject({ met: true, measured: 0 });
    expect(measured('errors<0.1%', { rejectedBy: { missing: 60_600 } }).measured).toBeCloseTo(0.1);
  });

  it('are not known when nothing was answered', () => {
    const none = { ...outcomes, accepted: 0 };
    expect(measured('errors<50%', { outcomes: none })).toMatchObject({ met: false, measured: null });
  });
});
