import type { LastMinute } from '../../src/control/protocol.ts';
import { SERIES_NAMES, type SeriesName } from '../../src/control/stream.ts';
import { percentile } from './histogram.ts';
import { emptySample, type Ring, rounded } from './rings.ts';

const SECONDS = 60;
const indexOf = (name: SeriesName) => SERIES_NAMES.indexOf(name);
const ACCEPTED = indexOf('accepted');
const LAG = indexOf('lag_ms');

/** The newest minute of the ring of seconds up to the second `now`; null when none of it was sampled. */
export function lastMinute(ring: Ring, now: number): LastMinute | null {
  const sample = emptySample();
  const latency = new Float64Array(sample.latency.length);
  const sums = new Float64Array(sample.values.length);
  let seconds = 0;
  let lagMs = Number.NaN;
  for (let second = Math.max(1, now - SECONDS + 1); second <= now; second++) {
    if (!ring.read(second, sample) || Number.isNaN(sample.values[ACCEPTED]!)) continue;
    seconds++;
    for (let series = 0; series < sums.length; series++) sums[series]! += sample.values[series]! || 0;
    for (let bucket = 0; bucket < latency.length; bucket++) latency[bucket]! += sample.latency[bucket]!;
    if (!Number.isNaN(sample.values[LAG]!)) lagMs = sample.values[LAG]!;
  }
  if (seconds === 0) return null;
  const rate = (name: SeriesName) => rounded(sums[indexOf(name)]! / seconds) ?? 0;
  return {
    seconds,
    accepted: rate('accepted'),
    stored: rate('stored'),
    rejected: rate('rejected'),
    refused: rate('refused'),
    receivedBytes: rate('received_bytes'),
    ackP50Ms: rounded(percentile(latency, 0.5)),
    ackP99Ms: rounded(percentile(latency, 0.99)),
    lagMs: rounded(lagMs),
  };
}
