import type { DaemonState } from './state/daemon-state.ts';
import type { DaySalt } from './threads/messages.ts';

const DAY_MS = 86_400_000;
/** Events around midnight may still carry the day before; after this the salt of that day is destroyed. */
const AFTER_MIDNIGHT_MS = 3_600_000;

/** Days (since the epoch, UTC) that have a salt at `now`: today, tomorrow (drawn ahead), and shortly yesterday. */
export function daysWithSalt(now: number): number[] {
  const today = Math.floor(now / DAY_MS);
  return now - today * DAY_MS < AFTER_MIDNIGHT_MS ? [today - 1, today, today + 1] : [today, today + 1];
}

/** The salts of `now`, missing ones drawn. Others that still lie in the state are not among them. */
export function currentSalts(state: DaemonState, now: number): DaySalt[] {
  const days = daysWithSalt(now);
  return state.drawSalts(days.map(dayName)).map(({ salt }, index) => [days[index]!, salt.toString('base64')]);
}

/** Deletes the salts of all days that have none at `now`. Returns how many. */
export function destroyOldSalts(state: DaemonState, now: number): number {
  return state.destroySalts(daysWithSalt(now).map(dayName));
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
