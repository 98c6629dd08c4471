import { niceMax } from '../../../terminal/charts/axis.ts';

/** Where a value stands between the ends of an axis, 0 to 1, and what is written beside it. */
export interface Scale {
  readonly ticks: readonly number[];
  share(value: number): number;
}

const TICKS = 4;
/** Seconds between the labels of a time axis; the first that gives no more than `TIME_TICKS_MAX` of them is taken. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600] as const;
const TIME_TICKS_MAX = 8;
/** Powers of ten that a logarithmic axis shows at the most, from the top down. */
const DECADES_MAX = 6;

/** From 0 to a round number at or above `peak`. */
export function linearScale(peak: number): Scale {
  const max = niceMax(peak);
  return {
    ticks: Array.from({ length: TICKS + 1 }, (_, tick) => (tick / TICKS) * max),
    share: (value) => Math.min(1, Math.max(0, value / max)),
  };
}

/** From the power of ten below `least` to the one above `peak`. */
export function logScale(least: number, peak: number): Scale {
  const top = Math.max(Math.ceil(Math.log10(peak > 0 ? peak : 1) - 1e-9), -2);
  const low = Math.floor(Math.log10(least > 0 ? least : 10 ** (top - 1)) + 1e-9);
  const bottom = Math.min(top - 1, Math.max(low, top - DECADES_MAX));
  return {
    ticks: Array.from({ length: top - bottom + 1 }, (_, power) => 10 ** (bottom + power)),
    share: (value) => Math.min(1, Math.max(0, (Math.log10(Math.max(value, 10 ** bottom)) - bottom) / (top - bottom))),
  };
}

/** The seconds at which a time axis of `seconds` is labelled. */
export function timeTicks(seconds: number): number[] {
  const step = TIME_STEPS.find((one) => seconds / one <= TIME_TICKS_MAX) ?? TIME_STEPS.at(-1)!;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, tick) => tick * step);
}
