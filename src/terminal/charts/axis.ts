/** Part of the scale that the data must still reach; below, the scale shrinks. */
const SHRINK_BELOW = 0.4;
const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10] as const;

/** The smallest round number that is not below `peak`: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten. */
export function niceMax(peak: number): number {
  if (!(peak > 0) || !Number.isFinite(peak)) return 1;
  const power = 10 ** Math.floor(Math.log10(peak));
  return (STEPS.find((step) => step * power >= peak * (1 - 1e-9)) ?? 10) * power;
}

/**
 * The upper ends of the axes on a screen. An axis grows at once and shrinks only when the data has become much smaller,
 * so that the scale does not jump from tick to tick.
 */
export class Axes {
  readonly #ends = new Map<string, number>();

  /** The end of the axis `key` for data that reaches `peak`. */
  end(key: string, peak: number): number {
    const last = this.#ends.get(key);
    if (last !== undefined && peak <= last && peak >= last * SHRINK_BELOW) return last;
    const next = niceMax(peak);
    this.#ends.set(key, next);
    return next;
  }
}

/** The largest of `values`, 0 when all of them are gaps. */
export function peak(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? most : Math.max(most, value)), 0);
}
