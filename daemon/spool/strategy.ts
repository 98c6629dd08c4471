import type { STRATEGIES } from '../../src/config/schema.ts';

/** When a segment becomes a batch. `rows` and `bytes` and `ageMs` are one trigger; whichever is reached first seals. */
export interface Trigger {
  readonly rows: number;
  readonly bytes: number;
  readonly ageMs: number;
}

export type StrategyName = (typeof STRATEGIES)[number];

export interface StrategyLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  /** Insert time that `adaptive` aims at, milliseconds. */
  readonly targetMs: number;
}

/** A short batch never waits for ever, whatever the strategy. */
export const AGE_MS_HARD_MAX = 60_000;
/** `memory` keeps the buffers of a flush to this part of `bytesMax`. */
const MEMORY_SHARE = 1 / 8;
/** Least rows `adaptive` goes down to: below it ClickHouse's cost is per insert, not per row. */
const ADAPTIVE_ROWS_MIN = 1_000;
const ADAPTIVE_SHRINK = 0.7;
const ADAPTIVE_GROW = 1.3;
/** `adaptive` spends at most one part in this many on inserting. */
const ADAPTIVE_DUTY = 4;

/**
 * The strategies as presets of one trigger. All but `adaptive` are constant; `adaptive` moves rows and age after every
 * insert toward `targetMs`.
 */
export class Strategy {
  readonly name: StrategyName;
  trigger: Trigger;
  readonly #limits: StrategyLimits;

  constructor(name: StrategyName, limits: StrategyLimits) {
    this.name = name;
    this.#limits = limits;
    this.trigger = preset(name, limits);
  }

  /** Tells the controller how long an insert of `rows` took. Only `adaptive` learns from it. */
  inserted(rows: number, durationMs: number): void {
    if (this.name !== 'adaptive') return;
    const { rowsMax, bytesMax, ageMsMax, targetMs } = this.#limits;
    let next = this.trigger.rows;
    if (durationMs > targetMs) next = Math.min(next, rows) * ADAPTIVE_SHRINK;
    else if (durationMs < targetMs / 2 && rows >= next * ADAPTIVE_SHRINK) next *= ADAPTIVE_GROW;
    const ageMs = Math.min(Math.max(durationMs * ADAPTIVE_DUTY, ageMsMax / 10), ageMsMax);
    this.trigger = {
      rows: Math.round(clamp(next, Math.min(ADAPTIVE_ROWS_MIN, rowsMax), rowsMax)),
      bytes: bytesMax,
      ageMs,
    };
  }
}

function preset(name: StrategyName, { rowsMax, bytesMax, ageMsMax }: StrategyLimits): Trigger {
  switch (name) {
    case 'immediate':
      return { rows: 1, bytes: 1, ageMs: 0 };
    case 'time':
      return { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY, ageMs: ageMsMax };
    case 'size':
      return { rows: rowsMax, bytes: bytesMax, ageMs: AGE_MS_HARD_MAX };
    case 'memory':
      return { rows: rowsMax, bytes: bytesMax * MEMORY_SHARE, ageMs: ageMsMax };
    case 'hybrid':
      return { rows: rowsMax, bytes: bytesMax, ageMs: ageMsMax };
    case 'adaptive':
      return { rows: Math.min(10_000, rowsMax), bytes: bytesMax, ageMs: ageMsMax };
  }
}

/**
 * Whether the active segment is to be sealed now. While a batch is on its way or waiting, only size seals: the segment
 * grows instead, so a slow engine gets fewer and larger batches. `rowsMax` and `bytesMax` always hold.
 */
export function shouldSeal(
  active: { rows: number; bytes: number; ageMs: number },
  waiting: number,
  trigger: Trigger,
  limits: StrategyLimits,
): boolean {
  if (active.rows === 0) return false;
  if (active.rows >= limits.rowsMax || active.bytes >= limits.bytesMax) return true;
  if (waiting > 0) return false;
  return active.rows >= trigger.rows || active.bytes >= trigger.bytes || active.ageMs >= trigger.ageMs;
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
