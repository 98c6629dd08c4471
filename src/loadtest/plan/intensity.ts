import type { Stage } from './plan.ts';

/**
 * A stage's end may be a sum of products; what falls short of the next event by less than this is a rounding error and no
 * event.
 */
const EVENT_EPSILON = 1e-6;

interface Piece {
  readonly startMs: number;
  readonly durationMs: number;
  /** Events that are due before it. */
  readonly before: number;
  readonly events: number;
  /** Events per millisecond. */
  readonly from: number;
  readonly to: number;
}

/**
 * How many events are due by when: the cumulative count of the stages, and its inverse. A stage's rate runs in a straight
 * line, so its count is a parabola and both directions have a closed form.
 */
export class Intensity {
  readonly durationMs: number;
  /** Events of all stages; not a whole number when rate and duration do not make one. */
  readonly events: number;
  readonly #pieces: readonly Piece[];

  constructor(stages: readonly Stage[]) {
    const pieces: Piece[] = [];
    let startMs = 0;
    let before = 0;
    for (const { fromRate, toRate, durationMs } of stages) {
      const events = ((fromRate + toRate) / 2) * (durationMs / 1_000);
      pieces.push({ startMs, durationMs, before, events, from: fromRate / 1_000, to: toRate / 1_000 });
      startMs += durationMs;
      before += events;
    }
    this.#pieces = pieces;
    this.durationMs = startMs;
    this.events = before;
  }

  /** Events due in the first `ms` milliseconds. */
  eventsBy(ms: number): number {
    let due = 0;
    for (const piece of this.#pieces) {
      const inside = Math.min(ms - piece.startMs, piece.durationMs);
      if (inside <= 0) break;
      due = piece.before + (piece.from + ((piece.to - piece.from) * inside) / (2 * piece.durationMs)) * inside;
    }
    return due;
  }

  /** The millisecond at which `events` events are due; Infinity when there are not that many. */
  timeOf(events: number): number {
    if (events > this.events - EVENT_EPSILON) return Number.POSITIVE_INFINITY;
    for (const piece of this.#pieces) {
      const inside = events - piece.before;
      if (inside < piece.events - EVENT_EPSILON) return piece.startMs + timeInside(piece, Math.max(0, inside));
    }
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Solves `from·t + (to − from)·t² / 2d = events` for t. This form of the root of a quadratic equation holds for a rate
 * that rises, falls, stays (`to = from`) or begins at zero, and does not take the difference of two large numbers.
 */
function timeInside({ from, to, durationMs }: Piece, events: number): number {
  // Of so little, the square root may underflow.
  if (events < Number.EPSILON) return 0;
  const squared = from * from + (2 * (to - from) * events) / durationMs;
  return (2 * events) / (from + Math.sqrt(Math.max(0, squared)));
}
