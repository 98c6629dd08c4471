import { describe, expect, it } from 'vitest';
import { parseIsoTime, readTime } from '../../../daemon/validate/time.ts';
import { fc } from '../../support/property.ts';

describe('parseIsoTime', () => {
  it.each([
    ['2026-11-21T07:00:00Z', '2026-11-21T07:00:00.000Z'],
    ['2026-11-21T07:00:00.1Z', '2026-11-21T07:00:00.100Z'],
    ['2026-11-21T07:00:00.123456789Z', '2026-11-21T07:00:00.123Z'],
    ['2026-11-21 07:00:00', '2026-11-21T07:00:00.000Z'],
    ['2026-11-21T07:00', '2026-11-21T07:00:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T07:00:00+02:00', '2026-11-21T05:00:00.000Z'],
    ['2026-11-21T07:00:00-0330', '2026-11-21T10:30:00.000Z'],
    ['2026-11-21T07:00:00+02', '2026-11-21T05:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseIsoTime(text)).toISOString()).toBe(expected);
  });

  it.each([
    '',
    'now',
    'Nov 21 2026',
    '2026-13-01',
    '2026-02-29',
    '2026-00-10',
    '2026-11-31T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T07:60:00Z',
    '2026-11-21T07:00:61Z',
    '2026-11-21T07:00:00.Z',
    '2026-11-21T07:00:00.1234567890Z',
    '2026-11-21T07:00:00Zx',
    '2026-11-21T07:00:00+99:00',
    '2026-11-21T07:00:00+02:0',
    '2026-11-21T',
    '2026-11-21T07',
    '2026/11/21',
    '1700000000000',
    '+02026-11-21T00:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBeNaN();
  });

  it('reads back what Date prints, for every millisecond of the years 0 to 9999', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(date, (value) => parseIsoTime(value.toISOString()) === value.getTime()));
  });
});

describe('readTime', () => {
  it('takes milliseconds and cuts their fraction', () => {
    expect(readTime(1_700_000_000_123.9, 'occurred_at')).toBe(1_700_000_000_123);
  });

  it.each([1_700_000_000, 1_700_000_000_000_000, -1, 0, Number.POSITIVE_INFINITY])(
    'refuses the number %d, which is in another unit',
    (value) => {
      expect(readTime(value, 'occurred_at')).toMatchObject({ reason: 'out_of_range', field: 'occurred_at' });
    },
  );

  it('says NaN when there is none', () => {
    for (const none of [undefined, null, '']) expect(readTime(none, 'occurred_at')).toBeNaN();
  });

  it.each([[true], [{}], [[]]])('refuses %j by its type', (value) => {
    expect(readTime(value, 'occurred_at')).toMatchObject({ reason: 'wrong_type' });
  });
});
