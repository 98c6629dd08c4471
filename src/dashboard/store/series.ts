import { SERIES, type SeriesKind, type SeriesName } from '../../control/stream.ts';
import type { Ring, Rings } from './rings.ts';

/** Lengths of time that charts may show, in milliseconds. */
export const WINDOWS_MS = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000] as const;

/** Which stretch of time is on the screen. `endsAt` is milliseconds since the epoch. */
export interface TimeWindow {
  readonly endsAt: number;
  readonly lengthMs: number;
}

/** How a window falls into the cells of a chart: `columns` cells of `slotsPerCell` points each, the last one newest. */
export interface Cells {
  readonly ring: Ring;
  readonly columns: number;
  readonly slotsPerCell: number;
  /** The cell that ends the window, counted from the epoch, so that points keep their cell from tick to tick. */
  readonly lastCell: number;
  readonly spanMs: number;
}

/**
 * The finest ring that still has the whole window, and as many points a cell as it takes to show at least the window.
 * A chart with more cells than points shows more than the window instead of stretching; `spanMs` says what it shows.
 */
export function cellsOf(rings: Rings, { endsAt, lengthMs }: TimeWindow, columns: number): Cells {
  const newest = rings.all[0]!.newest * rings.all[0]!.stepMs;
  const reach = Math.max(0, newest - endsAt) + lengthMs;
  const ring = rings.all.find(({ stepMs, points }) => stepMs * points >= reach) ?? rings.all.at(-1)!;
  const slotsPerCell = Math.max(1, Math.ceil(lengthMs / ring.stepMs / Math.max(1, columns)));
  const lastSlot = Math.ceil(endsAt / ring.stepMs - 1e-6);
  return {
    ring,
    columns,
    slotsPerCell,
    lastCell: Math.floor(lastSlot / slotsPerCell),
    spanMs: columns * slotsPerCell * ring.stepMs,
  };
}

/** One value a cell, oldest first, NaN for a gap. Of several points: the worst where worst matters, else the mean. */
export function seriesValues(name: SeriesName, cells: Cells): number[] {
  const kind: SeriesKind = SERIES[name];
  return Array.from({ length: cells.columns }, (_, column) => {
    const first = (cells.lastCell - cells.columns + 1 + column) * cells.slotsPerCell;
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

/** Counts of answers per cell and latency bucket, oldest first; an empty array for a gap. */
export function latencyCounts(cells: Cells): number[][] {
  return Array.from({ length: cells.columns }, (_, column) => {
    const first = (cells.lastCell - cells.columns + 1 + column) * cells.slotsPerCell;
    const counts: number[] = [];
    for (let slot = first; slot < first + cells.slotsPerCell; slot++) {
      const pairs = cells.ring.readLatency(slot);
      for (let index = 0; index < pairs.length; index += 2)
        counts[pairs[index]!] = (counts[pairs[index]!] ?? 0) + pairs[index + 1]!;
    }
    return counts;
  });
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
  const cells = cellsOf(rings, window, Number.MAX_SAFE_INTEGER);
  let peak: number | null = null;
  const last = cells.lastCell;
  for (let slot = last - Math.ceil(window.lengthMs / cells.ring.stepMs) + 1; slot <= last; slot++) {
    const value = cells.ring.read(name, slot);
    if (!Number.isNaN(value) && (peak === null || value > peak)) peak = value;
  }
  return peak;
}

/** A figure that comes less often than every second (lag, disk) still counts as the present one this long. */
const FRESH_SLOTS = 15;
