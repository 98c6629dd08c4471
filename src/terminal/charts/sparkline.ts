import type { Symbols } from '../look.ts';
import { peak } from './axis.ts';

const LEVELS: Readonly<Record<Symbols, string>> = { block: '▁▂▃▄▅▆▇█', braille: '▁▂▃▄▅▆▇█', ascii: '_.:-=+*#' };

/** One character a value over a zero baseline; gaps are blank. `max` is the top, by default the largest value. */
export function sparkline(values: readonly number[], symbols: Symbols, max = peak(values)): string {
  const levels = LEVELS[symbols];
  return values.map((value) => (Number.isNaN(value) ? ' ' : levels[levelOf(value, max, levels.length)]!)).join('');
}

function levelOf(value: number, max: number, levels: number): number {
  if (!(max > 0) || value <= 0) return 0;
  return Math.min(levels - 1, Math.max(0, Math.ceil((value / max) * levels) - 1));
}
