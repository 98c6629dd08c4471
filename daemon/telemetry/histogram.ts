import { LATENCY_BOUNDS_MS } from '../../src/control/stream.ts';

/** The buckets of `LATENCY_BOUNDS_MS` as arithmetic. The last bucket is open: what took longer is in it too. */
export const BUCKETS = LATENCY_BOUNDS_MS.length;

const FIRST_MS = LATENCY_BOUNDS_MS[0]!;
/** Bounds are a factor of √2 apart. */
const BUCKETS_PER_DOUBLING = 2;

/** The bucket of a duration in milliseconds: the first whose bound is not below it. */
export function bucketOf(ms: number): number {
  if (!(ms > FIRST_MS)) return 0;
  const bucket = Math.ceil(Math.log2(ms / FIRST_MS) * BUCKETS_PER_DOUBLING);
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/**
 * The duration in milliseconds that `share` (0 to 1) of the counted ones did not exceed, taken as evenly spread within
 * their bucket. NaN when nothing was counted.
 */
export function percentile(counts: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) total += counts[bucket]!;
  if (total === 0) return Number.NaN;
  let below = 0;
  const wanted = share * total;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket]!;
    if (count > 0 && below + count >= wanted) {
      const from = bucket === 0 ? 0 : LATENCY_BOUNDS_MS[bucket - 1]!;
      return from + (LATENCY_BOUNDS_MS[bucket]! - from) * ((wanted - below) / count);
    }
    below += count;
  }
  return LATENCY_BOUNDS_MS[BUCKETS - 1]!;
}

/** `[bucket, count, …]` of the buckets that hold anything. */
export function sparse(counts: ArrayLike<number>): number[] {
  const pairs: number[] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket++) if (counts[bucket]! > 0) pairs.push(bucket, counts[bucket]!);
  return pairs;
}
