import { expect, test } from 'vitest';
import { forecastFull } from '../../../daemon/telemetry/forecast.ts';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const GB = 1e9;

/** Free bytes that go from `from` by `step` a minute. */
function line(length: number, from: number, step: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => from + index * step);
}

test('a disk that fills steadily is full when a straight line says so', () => {
  const free = line(600, 100 * GB, -GB / 60);
  const full = forecastFull(free, MINUTE, NOW)!;
  expect((full - NOW) / 3_600_000).toBeCloseTo(free.at(-1)! / GB, 1);
});

test('a large file that came and went changes nothing', () => {
  const free = line(600, 100 * GB, -GB / 60);
  const calm = forecastFull(free, MINUTE, NOW)!;
  for (let index = 200; index < 240; index++) free[index]! -= 50 * GB;
  const full = forecastFull(free, MINUTE, NOW)!;
  expect(Math.abs((full - NOW) / (calm - NOW) - 1)).toBeLessThan(0.1);
});

test('a disk that is not filling, or too little is known of, has no such moment', () => {
  expect(forecastFull(line(600, 100 * GB, 0), MINUTE, NOW)).toBeNull();
  expect(forecastFull(line(600, 100 * GB, 1_000), MINUTE, NOW)).toBeNull();
  expect(forecastFull(line(600, 100 * GB, -1), MINUTE, NOW)).toBeNull();
  expect(forecastFull(line(5, 100 * GB, -GB), MINUTE, NOW)).toBeNull();
  expect(forecastFull(new Float64Array(600).fill(Number.NaN), MINUTE, NOW)).toBeNull();
  expect(forecastFull(new Float64Array(0), MINUTE, NOW)).toBeNull();
});

test('gaps are left out', () => {
  const free = line(600, 100 * GB, -GB / 60);
  free.fill(Number.NaN, 100, 500);
  const full = forecastFull(free, MINUTE, NOW)!;
  expect((full - NOW) / 3_600_000).toBeCloseTo(free.at(-1)! / GB, 1);
});
