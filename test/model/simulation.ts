/**
 * Ground of the seeded simulations: randomness, time and the loop over schedules. A schedule is a pure function of its
 * seed, so a failure is told by one number: `TRACKFLOW_TEST_SEED=<seed>` runs only that one,
 * `TRACKFLOW_TEST_SCHEDULES=<n>` runs more of them than the suite does.
 */

import { seededRandom, testSeed } from '../support/seed.ts';

/** Chooses faults. Neighbouring seeds begin far apart. */
export class Random {
  /** In [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  }

  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)]!;
  }
}

/** What happened in a schedule, line by line. Only written when a failed seed is run again. */
export type Trace = ((line: string) => void) | null;

/** A machine that never ends repeats itself: its beginning tells. */
const TRACE_LINES_MAX = 120;

/** Runs one schedule; returns what is wrong with its end, or null. */
export type Schedule = (seed: number, trace: Trace) => string | null | Promise<string | null>;

export interface Failure {
  readonly seed: number;
  readonly message: string;
}

/** The first schedule of `count` that ends wrong. Runs it again to say how it went. */
export async function firstFailure(schedule: Schedule, count: number, firstSeed = 0): Promise<Failure | null> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const wrong = await schedule(seed, null);
    if (wrong === null) continue;
    const lines: string[] = [];
    const again = await schedule(seed, (line) => lines.push(line));
    const repeats =
      again === wrong ? '' : `\n(run again it ended otherwise: ${again}; the schedule is not deterministic)`;
    const replay = `TRACKFLOW_TEST_SEED=${seed}`;
    const shown = lines.slice(0, TRACE_LINES_MAX).join('\n');
    return { seed, message: `${wrong}\nseed ${seed}, replay with ${replay}\n${shown}${repeats}` };
  }
  return null;
}

/** Runs `count` schedules, or what the environment asks for; throws what the first failure tells. */
export async function runSchedules(schedule: Schedule, count: number): Promise<number> {
  const given = process.env.TRACKFLOW_TEST_SEED;
  const replayed = given === undefined || given === 'random' ? null : Number(given);
  const schedules = replayed === null ? Number(process.env.TRACKFLOW_TEST_SCHEDULES ?? count) : 1;
  const failure = await firstFailure(schedule, schedules, replayed ?? (given === 'random' ? testSeed() : 0));
  if (failure !== null) throw new Error(failure.message);
  return schedules;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when told to. `setTimeout` and `clearTimeout` stand in for Node's. */
export class VirtualClock {
  ms = 1_790_000_000_000;
  readonly #timers = new Map<number, Timer>();
  #order = 0;

  readonly now = (): number => this.ms;

  readonly setTimeout = (run: () => void, ms: number): number => {
    this.#order++;
    this.#timers.set(this.#order, { at: this.ms + ms, order: this.#order, run });
    return this.#order;
  };

  readonly clearTimeout = (order: number): void => {
    this.#timers.delete(order);
  };

  /** Goes to the next timer and runs it; false when there is none. */
  advance(): boolean {
    let next: Timer | null = null;
    for (const timer of this.#timers.values()) if (next === null || timer.at < next.at) next = timer;
    if (next === null) return false;
    this.#timers.delete(next.order);
    this.ms = Math.max(this.ms, next.at);
    next.run();
    return true;
  }
}
