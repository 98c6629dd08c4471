import type { Look, Tone } from '../look.ts';

/** Shades of a cell by its share of the answers of its column; they also read without colour. */
const SHADES = { ascii: ' .:*#', block: ' ░▒▓█', braille: ' ░▒▓█' } as const;
const SHARES = [0.1, 0.3, 0.6] as const;
/** Of the fastest answers, this part may share the lowest row: it is the slow ones that one looks for. */
const FASTEST_SHARE = 0.05;
/** Buckets that one row may stand for. */
const BUCKETS_PER_ROW = [1, 2, 3, 4, 6, 8, 12] as const;
const SLOW_MS = 250;
const TOO_SLOW_MS = 1_000;

export interface HeatMap {
  /** Top line first. */
  readonly lines: string[];
  /** Upper bound of each line in milliseconds, `>` before the open one. */
  readonly labels: string[];
}

/**
 * Time by latency: one column for each array of bucket counts. The rows reach up to the slowest answer of the window with
 * the fewest buckets a row that fit; the lowest has all that are faster than its bound, and what is left of the height is
 * headroom. `boundsMs` are the upper bounds of the buckets; the last bucket, behind them, is open.
 */
export function heatMap(
  columns: readonly (readonly number[])[],
  boundsMs: readonly number[],
  height: number,
  look: Look,
): HeatMap {
  const boundOf = (bucket: number): number => boundsMs[bucket] ?? Number.POSITIVE_INFINITY;
  const { low, high } = reachOf(columns);
  const perRow = BUCKETS_PER_ROW.find((count) => Math.floor(high / count) - Math.floor(low / count) < height) ?? 12;
  const rowsMax = Math.ceil((boundsMs.length + 1) / perRow);
  // Headroom above, but no rows beyond the last bucket.
  const first = Math.max(0, Math.min(Math.floor(low / perRow), rowsMax - height)) * perRow;
  const totals = columns.map((counts) => counts.reduce((sum, count) => sum + (count ?? 0), 0));
  const lines: string[] = [];
  const labels: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    const from = first + row * perRow;
    const bound = boundOf(from + perRow - 1);
    const to = from + perRow;
    const shades = columns
      .map((counts, column) => shade(counts, row === 0 ? 0 : from, to, totals[column]!, look))
      .join('');
    lines.push(look.paint(toneOf(bound), shades));
    labels.push(boundLabel(bound, boundOf(from - 1)));
  }
  return { lines, labels };
}

/** The bucket of the slowest answer, and the lowest that a row of its own is worth. */
function reachOf(columns: readonly (readonly number[])[]): { low: number; high: number } {
  const counts: number[] = [];
  for (const column of columns)
    column.forEach((count, bucket) => {
      counts[bucket] = (counts[bucket] ?? 0) + count;
    });
  const total = counts.reduce((sum, count) => sum + (count ?? 0), 0);
  const high = Math.max(
    0,
    counts.findLastIndex((count) => count > 0),
  );
  let below = 0;
  for (let bucket = 0; bucket < high; bucket++) {
    below += counts[bucket] ?? 0;
    if (below > total * FASTEST_SHARE) return { low: bucket, high };
  }
  return { low: high, high };
}

function shade(counts: readonly number[], from: number, to: number, total: number, look: Look): string {
  let count = 0;
  for (let bucket = from; bucket < to; bucket++) count += counts[bucket] ?? 0;
  const shades = SHADES[look.symbols];
  return count === 0 ? shades[0]! : shades[1 + SHARES.filter((share) => count / total >= share).length]!;
}

function toneOf(boundMs: number): Tone {
  if (boundMs > TOO_SLOW_MS) return 'bad';
  return boundMs > SLOW_MS ? 'warn' : 'accent';
}

function boundLabel(boundMs: number, lastMs: number): string {
  if (boundMs !== Number.POSITIVE_INFINITY) return amount(boundMs);
  return lastMs === Number.POSITIVE_INFINITY ? '' : `>${amount(lastMs)}`;
}

function amount(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1_000)}s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)}s`;
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
