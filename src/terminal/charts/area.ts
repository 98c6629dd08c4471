import type { Look, Tone } from '../look.ts';

const EIGHTHS = ' ▁▂▃▄▅▆▇█';
const ASCII_PARTS = ' .:#';
/** Bits of the braille dots of the left and right column, from the bottom up. */
const BRAILLE_DOTS = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;
const BRAILLE_BLANK = 0x2800;

export interface AreaChart {
  /** Filled from the baseline; NaN is a gap. In braille two values a column, else one. */
  readonly values: readonly number[];
  readonly tone: Tone;
  /** Drawn as points above the filled part. As many values as columns. */
  readonly overlay?: readonly number[];
  readonly overlayTone?: Tone;
  readonly height: number;
  readonly max: number;
  /** Each tenfold takes the same height. */
  readonly logarithmic?: boolean;
  readonly look: Look;
}

/** Values that a column of an area chart takes. */
export function valuesPerColumn(look: Look): number {
  return look.symbols === 'braille' ? 2 : 1;
}

/** The plot, `height` lines from the top down, as wide as the values. */
export function area(chart: AreaChart): string[] {
  const perColumn = valuesPerColumn(chart.look);
  const columns = Math.ceil(chart.values.length / perColumn);
  const shares = chart.values.map((value) => shareOf(value, chart));
  const overlay = chart.overlay?.map((value) => shareOf(value, chart));
  return Array.from({ length: chart.height }, (_, line) => {
    const row = chart.height - 1 - line;
    let fill = '';
    let text = '';
    for (let column = 0; column < columns; column++) {
      const filled = cell(shares.slice(column * perColumn, (column + 1) * perColumn), row, chart);
      const point = filled === ' ' && overlay !== undefined && isIn(overlay[column]!, row, chart.height);
      if (!point) {
        fill += filled;
        continue;
      }
      text +=
        chart.look.paint(chart.tone, fill) + chart.look.paint(chart.overlayTone ?? chart.tone, pointOf(chart.look));
      fill = '';
    }
    return text + chart.look.paint(chart.tone, fill);
  });
}

/** 0 to 1 of the height; NaN stays NaN. */
function shareOf(value: number, { max, logarithmic }: AreaChart): number {
  const bounded = Math.min(Math.max(value, 0), max);
  return logarithmic === true ? Math.log10(1 + bounded) / Math.log10(1 + max) : bounded / max;
}

function cell(shares: readonly number[], row: number, { height, look }: AreaChart): string {
  if (look.symbols === 'braille') return brailleCell(shares, row, height);
  const parts = look.symbols === 'ascii' ? ASCII_PARTS : EIGHTHS;
  return parts[partsFilled(shares[0]!, row, height, parts.length - 1)]!;
}

function brailleCell(shares: readonly number[], row: number, height: number): string {
  let dots = 0;
  shares.forEach((share, side) => {
    const filled = partsFilled(share, row, height, 4);
    for (let dot = 0; dot < filled; dot++) dots |= BRAILLE_DOTS[side as 0 | 1]![dot]!;
  });
  return dots === 0 ? ' ' : String.fromCodePoint(BRAILLE_BLANK + dots);
}

/** Parts of a cell that a bar fills; a value above zero shows at least one part on the baseline. */
function partsFilled(share: number, row: number, height: number, parts: number): number {
  if (Number.isNaN(share)) return 0;
  const filled = Math.round(share * height * parts) - row * parts;
  const least = row === 0 && share > 0 ? 1 : 0;
  return Math.min(parts, Math.max(least, filled));
}

function isIn(share: number, row: number, height: number): boolean {
  return share > 0 && Math.min(height - 1, Math.floor(share * height)) === row;
}

function pointOf(look: Look): string {
  return look.symbols === 'ascii' ? "'" : '·';
}
