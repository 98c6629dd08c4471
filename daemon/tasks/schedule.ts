/** Runs every `everyMs`, `offsetMs` after the full interval, in UTC: a day at 03:00 is `{ DAY_MS, 3 * HOUR_MS }`. */
export interface Schedule {
  readonly everyMs: number;
  readonly offsetMs: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The first run after `at`. */
export function nextRun({ everyMs, offsetMs }: Schedule, at: number): number {
  return (Math.floor((at - offsetMs) / everyMs) + 1) * everyMs + offsetMs;
}

/** Clocks are set back by this much all the time. */
const CLOCK_SLACK_MS = 60_000;

/**
 * Whether a run planned for `plannedAt` is to begin. One that is more than an interval away was planned by a clock that
 * has been set back since: nobody knows when the last run was, so it is now.
 */
export function isDue({ everyMs }: Schedule, plannedAt: number, now: number): boolean {
  return plannedAt <= now || plannedAt > now + everyMs + CLOCK_SLACK_MS;
}
