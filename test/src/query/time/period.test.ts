import { describe, expect, it } from 'vitest';
import { type PeriodText, periodSchema, resolvePeriod } from '../../../../src/query/time/period.ts';

/** A Wednesday, 13:00 in Berlin. */
const NOW = Date.parse('2026-07-15T11:00:00.000Z');
const resolved = (text: PeriodText) => {
  const { from, to } = resolvePeriod(text, NOW);
  return [new Date(from).toISOString(), new Date(to).toISOString()];
};

describe('a named period', () => {
  const timezone = 'Europe/Berlin';
  it.each([
    ['90min', '2026-07-15T09:30:00.000Z', undefined],
    ['24h', '2026-07-14T11:00:00.000Z', undefined],
    ['1d', '2026-07-14T22:00:00.000Z', undefined],
    ['7d', '2026-07-08T22:00:00.000Z', undefined],
    ['1w', '2026-07-12T22:00:00.000Z', undefined],
    ['2w', '2026-07-05T22:00:00.000Z', undefined],
    ['1mo', '2026-06-30T22:00:00.000Z', undefined],
    ['12mo', '2025-07-31T22:00:00.000Z', undefined],
    ['2y', '2024-12-31T23:00:00.000Z', undefined],
    ['today', '2026-07-14T22:00:00.000Z', undefined],
    ['yesterday', '2026-07-13T22:00:00.000Z', '2026-07-14T22:00:00.000Z'],
    ['week', '2026-07-12T22:00:00.000Z', undefined],
    ['month', '2026-06-30T22:00:00.000Z', undefined],
    ['year', '2025-12-31T23:00:00.000Z', undefined],
  ])('%s', (period, from, to) => {
    expect(resolved({ period, timezone })).toEqual([from, to ?? '2026-07-15T11:00:00.000Z']);
  });

  it('is 30d in UTC when nothing is asked for', () => {
    expect(resolved({})).toEqual(['2026-06-16T00:00:00.000Z', '2026-07-15T11:00:00.000Z']);
    expect(resolvePeriod({}, NOW).timezone).toBe('UTC');
  });

  it.each(['', '0d', '7', 'd', '7days', '-7d', '7d ', 'none d', 'N d', '99999d', 'tomorrow', "7d' OR 1=1"])(
    'is never %j',
    (period) => {
      expect(() => resolvePeriod({ period }, NOW)).toThrow(
        expect.objectContaining({
          code: 'TF_INPUT',
          message: expect.stringMatching(/^period: .* is unknown\. Allowed: today, /),
        }),
      );
    },
  );
});

describe('a typed period', () => {
  const timezone = 'America/New_York';
  it.each([
    [{ from: '2026-01-01', to: '2026-01-31' }, '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    [{ from: '2026-01-01', to: '2026-01-31', timezone }, '2026-01-01T05:00:00.000Z', '2026-02-01T05:00:00.000Z'],
    [
      { from: '2026-01-01T08:00', to: '2026-01-01 09:30:15.5', timezone },
      '2026-01-01T13:00:00.000Z',
      '2026-01-01T14:30:15.500Z',
    ],
    [{ from: '2026-01-01T08:00Z', to: '2026-01-01T10:00:00+02:00' }, '2026-01-01T08:00:00.000Z', undefined],
    [
      { from: '2026-01-01T08:00:00-05:30', to: '1767300000000' },
      '2026-01-01T13:30:00.000Z',
      '2026-01-01T20:40:00.000Z',
    ],
    [{ from: '2026-07-01' }, '2026-07-01T00:00:00.000Z', '2026-07-15T11:00:00.000Z'],
  ])('%j', (text, from, to) => {
    if (to === undefined) expect(() => resolved(text)).toThrow(/is not before/);
    else expect(resolved(text)).toEqual([from, to]);
  });

  it('reads the blank that a query string makes of a plus', () => {
    expect(resolved({ from: '2026-01-01T08:00:00 02:00' })[0]).toBe('2026-01-01T06:00:00.000Z');
  });

  it.each([
    [{ from: '2026-02-30' }, /^from: "2026-02-30" is no time between 2000 and 2100\. Allowed: a date/],
    [{ from: '2026-01-01', to: '2026-13-01' }, /^to: "2026-13-01" is no time/],
    [{ from: '1767300000' }, /^from: "1767300000" is no time/],
    [{ from: '1970-01-01' }, /^from: /],
    [{ from: '2026-01-01T24:00' }, /^from: /],
    [{ to: '2026-01-01' }, /^from: is missing/],
    [{ from: '2026-01-02', to: '2026-01-01' }, /^from: 2026-01-02T00:00:00.000Z is not before to/],
    [{ from: '2026-01-02', period: '7d' }, /^period: give either/],
    [{ period: '7d', timezone: 'Mars/Base' }, /^timezone: "Mars\/Base" is not known/],
    [{ period: '9999y' }, /^period: reaches outside/],
  ])('%j is refused with the name of the parameter', (text, message) => {
    expect(() => resolvePeriod(text, NOW)).toThrow(message);
  });
});

describe('a checked period', () => {
  it('has a known zone in its own spelling and a from before its to', () => {
    const period = { from: NOW - 1, to: NOW, timezone: 'Europe/Berlin' };
    expect(periodSchema.safeParse(period).success).toBe(true);
    for (const wrong of [
      { timezone: 'europe/berlin' },
      { timezone: "'" },
      { from: NOW },
      { from: 1.5 },
      { to: Number.NaN },
    ]) {
      expect(periodSchema.safeParse({ ...period, ...wrong }).success).toBe(false);
    }
  });
});
