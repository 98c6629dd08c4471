import { describe, expect, it } from 'vitest';
import { MonthCounter, monthCounts } from '../../../daemon/spool/months.ts';
import { fc } from '../../support/property.ts';

function monthOf(time: number): number {
  const [year, month] = new Date(time).toISOString().split('-');
  return Number(year) * 100 + Number(month);
}

describe('months of times', () => {
  it('begin and end at midnight UTC', () => {
    const times = [
      Date.UTC(2026, 0, 31, 23, 59, 59, 999),
      Date.UTC(2026, 1, 1),
      Date.UTC(2026, 11, 31, 23),
      Date.UTC(2027, 0, 1),
    ];
    expect([...monthCounts(Float64Array.from(times))]).toEqual([202601, 1, 202602, 1, 202612, 1, 202701, 1]);
  });

  it('are counted in whatever order the times come', () => {
    const time = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2299, 11, 31) });
    fc.assert(
      fc.property(fc.array(time), (times) => {
        const expected = new Map<number, number>();
        for (const each of times) expected.set(monthOf(each), (expected.get(monthOf(each)) ?? 0) + 1);
        expect([...monthCounts(Float64Array.from(times))]).toEqual([...expected].flat());
      }),
    );
  });

  it('are told one by one', () => {
    const counter = new MonthCounter();
    expect(counter.add(Date.UTC(2026, 5, 30))).toBe(202606);
    expect(counter.add(Date.UTC(2026, 6, 1))).toBe(202607);
    expect(counter.add(Date.UTC(2026, 5, 30))).toBe(202606);
  });

  it('start anew after they were taken', () => {
    const counter = new MonthCounter();
    counter.add(Date.UTC(2026, 5, 30));
    expect([...counter.take()]).toEqual([202606, 1]);
    expect([...counter.take()]).toEqual([]);
    counter.add(Date.UTC(2026, 5, 30));
    expect([...counter.take()]).toEqual([202606, 1]);
  });
});
