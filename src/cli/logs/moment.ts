import { parseDurationMs } from '../../config/quantity.ts';
import { TrackflowError } from '../../errors/error.ts';

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * `10m` (that long before `now`), or `2026-11-21`, `2026-11-21T08:00`, `2026-11-21T08:00:00Z`: milliseconds since the
 * epoch. A time without an offset is one of this machine. Throws TF_USAGE.
 */
export function parseMoment(text: string, now: number): number {
  const ago = parseDurationMs(text);
  if (ago !== undefined) return now - ago;
  // A bare date would be one of UTC, a date with a time is local.
  const at = ISO.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no time; write 10m, 2h or 2026-11-21T08:00`);
}
