import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/config/nearest.ts';
import { parseBytes, parseDurationMs } from '../../../src/config/quantity.ts';

describe('parseBytes', () => {
  it.each([
    ['4096', 4096],
    ['512MB', 512e6],
    ['512 MiB', 512 * 1024 ** 2],
    ['1.5gib', 1.5 * 1024 ** 3],
    ['10kB', 10_000],
  ])('reads %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'MB', '-1', '1e9', '5 parsec', '1.MB', '0x10', '1constructor'])('refuses %j', (text) =>
    expect(parseBytes(text)).toBeUndefined(),
  );
});

describe('parseDurationMs', () => {
  it.each([
    ['250', 250],
    ['2s', 2_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(['', 's', '2 fortnights', '-2s'])('refuses %j', (text) => expect(parseDurationMs(text)).toBeUndefined());
});

describe('nearest', () => {
  it('finds the name that was meant, and none when nothing is near', () => {
    expect(nearest('listen.prot', ['listen.port', 'listen.host'])).toBe('listen.port');
    expect(nearest('zzz', ['listen.port', 'flush.rowsMax'])).toBeUndefined();
    expect(nearest('foo', ['os', 'host'])).toBeUndefined();
    expect(nearest('ot', ['os', 'host'])).toBe('os');
  });
});
