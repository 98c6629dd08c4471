import { SERIES, type SeriesKind, type SeriesName } from '../../control/stream.ts';
import type { Ring, Rings } from './rings.ts';

/** Lengths of time that charts may show, in milliseconds. */
export const WINDOWS_MS = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000] as const;

/** Which stretch of time is on the screen. `endsAt` is milliseconds since the epoch. */
export interface TimeWindow {
  readonly endsAt: number;
  readonly lengthMs: number;
}

/**
 * How a window falls into the cells of a chart: `count` cells of `slotsPerCell` points each, the last one newest, over
 * `columns` columns.
 */
export interface Cells {
  readonly ring: Ring;
  readonly columns: number;
  /** Not above `columns`: every cell is seen, so that no peak vanishes. */
  readonly count: number;
  readonly slotsPerCell: number;
  /** The cell that ends the window, counted from the epoch, so that points keep their cell from tick to tick. */
  readonly lastCell: number;
  /** What the cells show: the window, for each of `WINDOWS_MS`. */
  readonly spanMs: number;
}

/**
 * The finest ring that still has the whole window, and the smallest number of points a cell that fits into the columns
 * and goes into the window without a rest. A cell takes more than one column where there are more columns than cells.
 */
export function cellsOf(rings: Rings, window: TimeWindow, columns: number): Cells {
  const ring = ringOf(rings, window);
  const slots = slotsOf(ring, window);
  let slotsPerCell = Math.max(1, Math.ceil(slots / Math.max(1, columns)));
  while (slots % slotsPerCell !== 0) slotsPerCell++;
  const count = slots / slotsPerCell;
  return {
    ring,
    columns,
    count,
    slotsPerCell,
    lastCell: Math.floor(lastSlotOf(ring, window) / slotsPerCell),
    spanMs: slots * ring.stepMs,
  };
}

function ringOf(rings: Rings, { endsAt, lengthMs }: TimeWindow): Ring {
  const newest = rings.all[0]!.newest * rings.all[0]!.stepMs;
  const reach = Math.max(0, newest - endsAt) + lengthMs;
  return rings.all.find(({ stepMs, points }) => stepMs * points >= reach) ?? rings.all.at(-1)!;
}

function slotsOf({ stepMs }: Ring, { lengthMs }: TimeWindow): number {
  return Math.max(1, Math.ceil(lengthMs / stepMs));
}

function lastSlotOf({ stepMs }: Ring, { endsAt }: TimeWindow): number {
  return Math.ceil(endsAt / stepMs - 1e-6);
}

/** One value a column, oldest first, NaN for a gap. */
export function seriesValues(name: SeriesName, cells: Cells): number[] {
  return spread(cellValues(name, cells), cells.columns);
}

/** One value a cell. Of several points: the worst where worst matters, else the mean. */
export function cellValues(name: SeriesName, cells: Cells): number[] {
  const kind: SeriesKind = SERIES[name];
  return Array.from({ length: cells.count }, (_, cell) => {
    const first = firstSlotOf(cells, cell);
    let value = Number.NaN;
    let sum = 0;
    let count = 0;
    for (let slot = first; slot < first + cells.slotsPerCell; slot++) {
      const point = cells.ring.read(name, slot);
      if (Number.isNaN(point)) continue;
      sum += point;
      count++;
      value = Number.isNaN(value) ? point : Math.max(value, point);
    }
    return kind === 'worst' || count === 0 ? value : sum / count;
  });
}

/** Counts of answers per column and latency bucket, oldest first; an empty array for a gap. */
export function latencyCounts(cells: Cells): readonly (readonly number[])[] {
  const perCell = Array.from({ length: cells.count }, (_, cell) => {
    const first = firstSlotOf(cells, cell);
    const counts: number[] = [];
    for (let slot = first; slot < first + cells.slotsPerCell; slot++) {
      const pairs = cells.ring.readLatency(slot);
      for (let index = 0; index < pairs.length; index += 2)
        counts[pairs[index]!] = (counts[pairs[index]!] ?? 0) + pairs[index + 1]!;
    }
    return counts;
  });
  return spread(perCell, cells.columns);
}

function firstSlotOf({ lastCell, count, slotsPerCell }: Cells, cell: number): number {
  return (lastCell - count + 1 + cell) * slotsPerCell;
}

/** `cells` over at least as many columns, each as wide as the others but for one column. */
function spread<T>(cells: readonly T[], columns: number): T[] {
  return Array.from({ length: columns }, (_, column) => cells[Math.floor((column * cells.length) / columns)]!);
}

/** The value at the end of the window: the newest point within `FRESH_SLOTS` of it; null when there is none. */
export function valueAt(rings: Rings, name: SeriesName, endsAt: number): number | null {
  const newest = rings.all[0]!.newest * rings.all[0]!.stepMs;
  for (const ring of rings.all) {
    if (newest - endsAt >= ring.stepMs * ring.points) continue;
    const last = Math.ceil(endsAt / ring.stepMs - 1e-6);
    for (let slot = last; slot > last - FRESH_SLOTS; slot--) {
      const value = ring.read(name, slot);
      if (!Number.isNaN(value)) return value;
    }
    return null;
  }
  return null;
}

/** The largest value of the window; null when it has none. */
export function peakOf(rings: Rings, name: SeriesName, window: TimeWindow): number | null {
  const ring = ringOf(rings, window);
  let peak: number | null = null;
  const last = lastSlotOf(ring, window);
  for (let slot = last - slotsOf(ring, window) + 1; slot <= last; slot++) {
    const value = ring.read(name, slot);
    if (!Number.isNaN(value) && (peak === null || value > peak)) peak = value;
  }
  return peak;
}

/** A figure that comes less often than every second (lag, disk) still counts as the present one this long. */
const FRESH_SLOTS = 15;
