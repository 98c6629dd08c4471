import { expect, it } from 'vitest';
import { bucketOf } from '../../../daemon/telemetry/histogram.ts';
import { lastMinute } from '../../../daemon/telemetry/last-minute.ts';
import { emptySample, Ring } from '../../../daemon/telemetry/rings.ts';
import { SERIES_NAMES, type SeriesName } from '../../../src/control/stream.ts';

const NOW = 1_800_000_000;

/** A ring with one sample for each of these seconds. */
function ringOf(
  seconds: Readonly<Record<number, Partial<Record<SeriesName, number>> & { answersMs?: number[] }>>,
): Ring {
  const ring = new Ring(1, 900);
  for (const [second, { answersMs = [], ...values }] of Object.entries(seconds)) {
    const sample = emptySample();
    for (const name of SERIES_NAMES) sample.values[SERIES_NAMES.indexOf(name)] = values[name] ?? 0;
    for (const ms of answersMs) sample.latency[bucketOf(ms)]! += 1;
    ring.write(Number(second), sample);
  }
  return ring;
}

it('is the mean over the seconds that were sampled, and nothing older than a minute', () => {
  const ring = ringOf({
    [NOW - 60]: { accepted: 1_000_000 },
    [NOW - 59]: { accepted: 10, stored: 4, answersMs: [1, 1, 1] },
    [NOW - 1]: { accepted: 20, stored: 8, rejected: 1, lag_ms: 900 },
    [NOW]: { accepted: 30, stored: 0, answersMs: [100], lag_ms: Number.NaN },
  });
  expect(lastMinute(ring, NOW)).toMatchObject({ seconds: 3, accepted: 20, stored: 4, rejected: 0.333, lagMs: 900 });
  const { ackP50Ms, ackP99Ms } = lastMinute(ring, NOW)!;
  expect(ackP50Ms).toBeGreaterThan(0.7);
  expect(ackP50Ms).toBeLessThan(1.5);
  expect(ackP99Ms).toBeGreaterThan(70);
});

it('is null before the first second and when the last one is long past', () => {
  expect(lastMinute(new Ring(1, 900), NOW)).toBeNull();
  expect(lastMinute(ringOf({ [NOW - 61]: { accepted: 1 } }), NOW)).toBeNull();
});

it('has no times of answers and no lag where there were none', () => {
  expect(lastMinute(ringOf({ [NOW]: { lag_ms: Number.NaN } }), NOW)).toMatchObject({
    seconds: 1,
    accepted: 0,
    ackP50Ms: null,
    ackP99Ms: null,
    lagMs: null,
  });
});
