import type { ScreenCost } from '../../terminal/screen/screen.ts';

/** Why fewer frames are drawn than asked for: the program is slow, or the terminal (a line of few bytes) is. */
export type Slowness = 'none' | 'display' | 'terminal';

/** Milliseconds above which a cost is a sign of slowness. */
const SLOW_MS: Readonly<Record<ScreenCost['of'], number>> = { draw: 100, lag: 200, write: 250 };
/** Costs without a sign, one after another, until it is over: a state that comes and goes each second tells nothing. */
const GOOD_MIN = 8;

/** Judges from what frames cost whether the display keeps up. */
export class Pace {
  #slowness: Slowness = 'none';
  #good = 0;

  /** Returns what it is now. */
  note({ of, ms }: ScreenCost): Slowness {
    if (ms > SLOW_MS[of]) {
      this.#slowness = of === 'write' ? 'terminal' : 'display';
      this.#good = 0;
    } else if (++this.#good >= GOOD_MIN) this.#slowness = 'none';
    return this.#slowness;
  }
}
