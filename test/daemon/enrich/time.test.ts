import { describe, expect, it } from 'vitest';
import { settleTime } from '../../../daemon/enrich/time.ts';
import { emptyEvent } from '../../../src/event/event.ts';
import { NOON } from './rig.ts';

const DAY = 86_400_000;
const limits = { pastDaysMax: 730, futureMinutesMax: 10 };

describe('settleTime', () => {
  it.each([
    ['now', NOON, 0],
    ['at the past limit', NOON - 730 * DAY, 0],
    ['before the past limit', NOON - 730 * DAY - 1, 1],
    ['at the future limit', NOON + 600_000, 0],
    ['after the future limit', NOON + 600_001, 1],
    ['the year 9999', Date.UTC(9999, 0), 1],
  ])('treats a time %s as it should', (_name, occurredAt, clamped) => {
    const event = { ...emptyEvent(), occurred_at: occurredAt };
    expect(settleTime(event, NOON, limits)).toBe(clamped === 1);
    expect(event).toMatchObject({
      occurred_at: clamped === 1 ? NOON : occurredAt,
      received_at: NOON,
      time_clamped: clamped,
    });
  });

  it('takes the time of receipt for a missing one, unmarked', () => {
    const event = emptyEvent();
    expect(settleTime(event, NOON, limits)).toBe(false);
    expect(event).toMatchObject({ occurred_at: NOON, received_at: NOON, time_clamped: 0 });
  });
});
