import type { Event } from '../../src/event/event.ts';

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;

/** How far the client's time may lie from the time of receipt. */
export interface TimeLimits {
  readonly pastDaysMax: number;
  readonly futureMinutesMax: number;
}

/**
 * Sets `received_at` and gives `occurred_at` a plausible value. A client time outside the limits is replaced by the time of
 * receipt and marked (`time_clamped` = 1); a missing one is replaced unmarked. Returns whether it was marked.
 */
export function settleTime(event: Event, receivedAt: number, limits: TimeLimits): boolean {
  event.received_at = receivedAt;
  const occurredAt = event.occurred_at;
  if (Number.isNaN(occurredAt)) {
    event.occurred_at = receivedAt;
    return false;
  }
  const earliest = receivedAt - limits.pastDaysMax * MS_PER_DAY;
  const latest = receivedAt + limits.futureMinutesMax * MS_PER_MINUTE;
  if (occurredAt >= earliest && occurredAt <= latest) return false;
  event.occurred_at = receivedAt;
  event.time_clamped = 1;
  return true;
}

/** The UTC day of a time: whole days since the epoch. */
export function utcDay(ms: number): number {
  return Math.floor(ms / MS_PER_DAY);
}
