import { expect, it } from 'vitest';
import { CHUNK_ROWS, CHUNK_ROWS_MAX, CHUNK_ROWS_MIN, ChunkSize } from '../../../src/migrate/chunk-size.ts';
import { RouteMeter } from '../../../src/migrate/route.ts';

it('chunks grow or shrink until one takes about two seconds, within their bounds', () => {
  const size = new ChunkSize(null);
  for (let chunk = 0; chunk < 40; chunk++) size.took(size.rows, size.rows / 100);
  expect(size.rows).toBeGreaterThan(180_000);
  expect(size.rows).toBeLessThan(220_000);
  for (let chunk = 0; chunk < 40; chunk++) size.took(size.rows, 60_000);
  expect(size.rows).toBe(CHUNK_ROWS_MIN);
  for (let chunk = 0; chunk < 40; chunk++) size.took(size.rows, 1);
  expect(size.rows).toBe(CHUNK_ROWS_MAX);
});

it('a short chunk says nothing, and a size that a person chose stays', () => {
  const size = new ChunkSize(null);
  size.took(10, 60_000);
  expect(size.rows).toBe(CHUNK_ROWS);
  const fixed = new ChunkSize(5_000);
  fixed.took(5_000, 60_000);
  expect(fixed.rows).toBe(5_000);
});

it.each([
  ['engine', 900],
  ['pipe', 1_100],
] as const)('both ways are tried, and %s stays when the engine takes %i ms', (faster, engineMs) => {
  const meter = new RouteMeter('auto', true);
  for (let chunk = 0; meter.chosen === null; chunk++) {
    expect(chunk).toBeLessThan(20);
    const route = meter.next();
    meter.took(route, 100_000, route === 'engine' ? engineMs : 1_000);
  }
  expect(meter.chosen).toBe(faster);
  meter.distrust();
  expect(meter.next()).toBe('pipe');
});

it('an engine that does not reach the source is not tried, whatever was asked for', () => {
  expect(new RouteMeter('engine', false).next()).toBe('pipe');
  expect(new RouteMeter('auto', false).chosen).toBe('pipe');
});
