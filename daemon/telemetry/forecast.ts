/** Points that the slope is taken from at the most: their pairs are what it costs. */
const POINTS_MAX = 60;
const POINTS_MIN = 10;
/** A disk that is full only after this many days is not filling. */
const DAYS_MAX = 365;
const DAY_MS = 86_400_000;

/**
 * When the disk will be full, milliseconds since the epoch, if free space goes on as it did; null when it does not
 * shrink, or too little is known.
 *
 * `free` are bytes, one per `stepMs`, the oldest first, the newest taken at `now`; NaN is a gap. The slope is the median
 * over all pairs of points (Theil and Sen): a large file that comes or goes bends it only when it stays that way.
 */
export function forecastFull(free: Float64Array, stepMs: number, now: number): number | null {
  const points: (readonly [at: number, bytes: number])[] = [];
  const stride = Math.max(1, Math.ceil(free.length / POINTS_MAX));
  // From the newest back, so that it is always one of them.
  for (let index = free.length - 1; index >= 0; index -= stride) {
    if (!Number.isNaN(free[index]!)) points.push([now - (free.length - 1 - index) * stepMs, free[index]!]);
  }
  if (points.length < POINTS_MIN) return null;
  const slope = medianSlope(points);
  if (slope >= 0) return null;
  const fullIn = points[0]![1] / -slope;
  return fullIn > DAYS_MAX * DAY_MS ? null : Math.round(now + fullIn);
}

function medianSlope(points: readonly (readonly [at: number, bytes: number])[]): number {
  const slopes: number[] = [];
  for (let later = 0; later < points.length; later++) {
    for (let earlier = later + 1; earlier < points.length; earlier++) {
      slopes.push((points[later]![1] - points[earlier]![1]) / (points[later]![0] - points[earlier]![0]));
    }
  }
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  return slopes.length % 2 === 1 ? slopes[middle]! : (slopes[middle - 1]! + slopes[middle]!) / 2;
}
