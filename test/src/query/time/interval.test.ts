import { describe, expect, it } from 'vitest';
import { countPoints, defaultInterval, INTERVALS, POINTS_MAX, pointsOf } from '../../../../src/query/time/interval.ts';
import { type PeriodText, resolvePeriod } from '../../../../src/query/time/period.ts';

const NOW = Date.parse('2026-07-15T11:00:00.000Z');
const period = (text: PeriodText) => resolvePeriod(text, NOW);
const times = (text: PeriodText, interval: (typeof INTERVALS)[number]) =>
  pointsOf(period(text), interval).map(({ time }) => time);

describe('the points of a series', () => {
  it('are hours of the wall where its clocks are set forward and back', () => {
    expect(times({ from: '2026-03-29T00:30', to: '2026-03-29T04:00', timezone: 'Europe/Berlin' }, 'hour')).toEqual([
      '2026-03-29T00:00:00+01:00',
      '2026-03-29T01:00:00+01:00',
      '2026-03-29T03:00:00+02:00',
    ]);
    expect(times({ from: '2026-10-25T01:00', to: '2026-10-25T03:00', timezone: 'Europe/Berlin' }, 'hour')).toEqual([
      '2026-10-25T01:00:00+02:00',
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:00:00+01:00',
    ]);
  });

  it('begin at the full hour of a zone with a quarter of an hour', () => {
    expect(times({ from: '2026-01-01T00:50', to: '2026-01-01T02:00', timezone: 'Asia/Kathmandu' }, 'hour')).toEqual([
      '2026-01-01T00:00:00+05:45',
      '2026-01-01T01:00:00+05:45',
    ]);
  });

  it('are days, none twice and none missing, where midnight does not exist', () => {
    expect(times({ from: '2026-04-23', to: '2026-04-25', timezone: 'Africa/Cairo' }, 'day')).toEqual([
      '2026-04-23',
      '2026-04-24',
      '2026-04-25',
    ]);
  });

  it('are weeks from Monday and months, named by their first day even before the period', () => {
    expect(times({ from: '2026-07-01', to: '2026-07-13' }, 'week')).toEqual(['2026-06-29', '2026-07-06', '2026-07-13']);
    expect(times({ from: '2025-12-31', to: '2026-02-01' }, 'month')).toEqual([
      '2025-12-01',
      '2026-01-01',
      '2026-02-01',
    ]);
  });

  it('do not include the end', () => {
    expect(times({ from: '2026-01-01T00:00', to: '2026-01-03T00:00' }, 'day')).toEqual(['2026-01-01', '2026-01-02']);
  });

  it('are counted beforehand to within one', () => {
    for (const text of [{ period: '90min' }, { period: '7d' }, { period: '12mo' }, { period: 'yesterday' }]) {
      for (const interval of INTERVALS.filter((one) => countPoints(period(text), one) <= POINTS_MAX)) {
        const points = pointsOf(period(text), interval).length;
        expect(countPoints(period(text), interval)).toBeGreaterThanOrEqual(points - 1);
      }
    }
  });

  it('are some hundred at the most when nobody chooses', () => {
    const chosen = ['60min', '2h', '24h', '3d', '7d', '30d', '12mo', '10y'].map((text) => {
      const resolved = period({ period: text });
      expect(pointsOf(resolved, defaultInterval(resolved)).length).toBeLessThanOrEqual(121);
      return defaultInterval(resolved);
    });
    expect(chosen).toEqual(['minute', 'minute', 'hour', 'hour', 'day', 'day', 'month', 'month']);
  });
});
