import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, isDue, nextRun } from '../../../daemon/tasks/schedule.ts';
import { fc } from '../../support/property.ts';

const NIGHTLY = { everyMs: DAY_MS, offsetMs: 3 * HOUR_MS };

describe('a schedule', () => {
  it('names times of the day in UTC', () => {
    expect(nextRun(NIGHTLY, Date.UTC(2026, 10, 21, 2, 59))).toBe(Date.UTC(2026, 10, 21, 3));
    expect(nextRun(NIGHTLY, Date.UTC(2026, 10, 21, 3))).toBe(Date.UTC(2026, 10, 22, 3));
    expect(nextRun(NIGHTLY, Date.UTC(2026, 11, 31, 4))).toBe(Date.UTC(2027, 0, 1, 3));
  });

  it('is always ahead, by an interval at the most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: DAY_MS * 7 }),
        fc.integer({ min: 0, max: DAY_MS * 7 }),
        fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        (everyMs, offsetMs, at) => {
          const next = nextRun({ everyMs, offsetMs }, at);
          expect(next).toBeGreaterThan(at);
          expect(next - at).toBeLessThanOrEqual(everyMs);
          expect(Math.abs(next - offsetMs) % everyMs).toBe(0);
          expect(isDue({ everyMs, offsetMs }, next, at)).toBe(false);
          expect(isDue({ everyMs, offsetMs }, next, next)).toBe(true);
        },
      ),
    );
  });

  it('takes a run that is further away than it can be as one that a wrong clock planned', () => {
    const planned = nextRun(NIGHTLY, Date.UTC(2030, 0, 1));
    expect(isDue(NIGHTLY, planned, Date.UTC(2026, 10, 21))).toBe(true);
  });
});
