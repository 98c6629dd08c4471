import type { Axes } from '../../terminal/charts/axis.ts';
import type { Look } from '../../terminal/look.ts';
import { duration, milliseconds } from '../../terminal/numbers.ts';
import { GENERATOR_LIMITS } from '../report/generator.ts';
import type { LiveSecond, LiveSnapshot } from './live-figures.ts';

/** Everything that one frame is drawn from. */
export interface LiveScene {
  readonly snapshot: LiveSnapshot;
  readonly look: Look;
  readonly axes: Axes;
}

/** The window of the charts as cells of whole seconds, the last one newest; a cell without a second is a gap. */
export interface LiveCells {
  readonly cells: readonly (readonly LiveSecond[])[];
  readonly spanMs: number;
}

const SECOND_MS = 1_000;
/** Seconds that a figure "now" is made of: one second of a generator that is well can still be a bad one. */
const NOW_SECONDS = 5;
const SAMPLES_BEYOND_MIN = 10;

/**
 * As many seconds a cell as it takes to show at least the window. Cells are counted from the start of the run, so that a
 * second keeps its cell from tick to tick. In a chart with more cells than seconds a second takes several.
 */
export function liveCells({ seconds, ui }: LiveSnapshot, columns: number): LiveCells {
  const window = ui.windowMs / SECOND_MS;
  const perCell = Math.max(1, Math.ceil(window / Math.max(1, columns)));
  const perSecond = Math.max(1, Math.floor(columns / window));
  const cells: LiveSecond[][] = Array.from({ length: columns }, () => []);
  const last = Math.floor((seconds.at(-1)?.figures.second ?? 0) / perCell);
  for (let index = seconds.length - 1; index >= 0; index--) {
    const second = seconds[index]!;
    const end = columns - (last - Math.floor(second.figures.second / perCell)) * perSecond;
    if (end <= 0) break;
    for (let cell = Math.max(0, end - perSecond); cell < end; cell++) cells[cell]?.push(second);
  }
  return { cells, spanMs: (columns / perSecond) * perCell * SECOND_MS };
}

/** One value a cell: the mean or the maximum of its seconds, NaN where none tells. */
export function cellValues(
  { cells }: LiveCells,
  pick: (second: LiveSecond) => number | null | undefined,
  of: 'mean' | 'max',
): number[] {
  return cells.map((seconds) => {
    const known = seconds.map(pick).filter((value) => value !== null && value !== undefined);
    if (known.length === 0) return Number.NaN;
    if (of === 'max') return known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

/** Requests per bucket of latency, of several seconds together. */
export function latencyCounts(seconds: readonly LiveSecond[]): number[] {
  const sums: number[] = [];
  for (const { latencyCounts: counts } of seconds) {
    counts.forEach((count, bucket) => {
      sums[bucket] = (sums[bucket] ?? 0) + count;
    });
  }
  return sums;
}

/**
 * Upper bound of the bucket that holds a percentile, in milliseconds: at most √2 times too much. Infinity for the open
 * bucket, null when fewer than ten samples lie beyond it.
 */
export function percentileBound(counts: readonly number[], share: number, boundsMs: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total * (1 - share) < SAMPLES_BEYOND_MIN) return null;
  let seen = 0;
  const bucket = counts.findIndex((count) => {
    seen += count;
    return seen >= total * share;
  });
  return boundsMs[bucket] ?? Number.POSITIVE_INFINITY;
}

/** `≤8 ms`; `n/a` where too few samples lie beyond it. */
export function boundText(ms: number | null, look: Look): string {
  if (ms === null) return 'n/a';
  const sign = look.symbols === 'ascii' ? '<' : '≤';
  return ms === Number.POSITIVE_INFINITY ? 'over the scale' : `${sign}${milliseconds(ms)}`;
}

/** The newest seconds, of which figures "now" are made. */
export function nowSeconds({ seconds }: LiveSnapshot): readonly LiveSecond[] {
  return seconds.slice(-NOW_SECONDS);
}

/** Mean of what the newest seconds tell; null when none tells. */
export function meanNow(
  snapshot: LiveSnapshot,
  pick: (second: LiveSecond) => number | null | undefined,
): number | null {
  const known = nowSeconds(snapshot)
    .map(pick)
    .filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** What the newest second tells that tells at all. */
export function newest<Value>(
  { seconds }: LiveSnapshot,
  pick: (second: LiveSecond) => Value | null | undefined,
): Value | null {
  for (const second of seconds.slice(-2 * NOW_SECONDS).reverse()) {
    const value = pick(second);
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Why the generator is too slow to be believed right now, in a few words; empty when it is not. */
export function generatorTrouble(snapshot: LiveSnapshot): string {
  const lags = nowSeconds(snapshot)
    .map(({ health }) => health.loopP99Ms)
    .sort((a, b) => a - b);
  const lag = lags[Math.floor(lags.length / 2)] ?? 0;
  if (lag > GENERATOR_LIMITS.loopP99MsMax) return `loop late by ${milliseconds(lag)}`;
  const cpu = (meanNow(snapshot, ({ health }) => health.cpu) ?? 0) / snapshot.plan.workers;
  return cpu > GENERATOR_LIMITS.cpuPerWorkerMax ? `cpu ${Math.round(cpu * 100)}% a worker` : '';
}

/** Time since the start and of the whole plan, `58s of 2m10s`. */
export function timeText({ plan, seconds }: LiveSnapshot): string {
  const totalMs = plan.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const passedMs = ((seconds.at(-1)?.figures.second ?? -1) + 1) * SECOND_MS;
  return `${duration(Math.min(passedMs, totalMs))} of ${duration(totalMs)}`;
}
