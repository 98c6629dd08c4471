import { describe, expect, it } from 'vitest';
import { readRevenue } from '../../../daemon/validate/money.ts';
import { REVENUE_UNITS_MAX } from '../../../src/event/columns.ts';
import { fc } from '../../support/property.ts';

const read = (value: unknown) => readRevenue(value, 'revenue');

describe('readRevenue', () => {
  it.each([
    [19.99, 199_900],
    ['19.99', 199_900],
    [0.1 + 0.2, 3_000],
    [1.005, 10_050],
    ['1.0050', 10_050],
    ['0.0001', 1],
    ['19.990000', 199_900],
    [-5, -50_000],
    ['-5.5', -55_000],
    ['+7', 70_000],
    ['.5', 5_000],
    ['5.', 50_000],
    [-0, 0],
    ['-0', 0],
    [-0.00001, 0],
    [123_456_789_012.1234, 1_234_567_890_121_234],
    ['900719925474.0991', REVENUE_UNITS_MAX],
    ['-900719925474.0991', -REVENUE_UNITS_MAX],
    [undefined, 0],
    [null, 0],
    ['', 0],
  ])('reads %j as %d ten-thousandths', (value, units) => {
    expect(Object.is(read(value), units)).toBe(true);
  });

  it.each(['1,99', '1e3', '0x10', ' 1', '1.2.3', '-', '.', 'NaN', 'Infinity', '1.00001', '9'.repeat(25)])(
    'refuses the text %j',
    (value) => {
      expect(read(value)).toMatchObject({ reason: 'bad_format', field: 'revenue' });
    },
  );

  it.each(['900719925474.0992', '999999999999999999', 1e12, -1e12, 1e300, Number.POSITIVE_INFINITY])(
    'refuses %j, which is beyond the range',
    (value) => {
      expect(read(value)).toMatchObject({ reason: 'out_of_range', field: 'revenue' });
    },
  );

  it.each([[true], [[1]], [{}]])('refuses %j by its type', (value) => {
    expect(read(value)).toMatchObject({ reason: 'wrong_type' });
  });

  it('keeps every amount of four decimals exactly, as text and as number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (units) => {
        const digits = String(Math.abs(units)).padStart(5, '0');
        const text = `${units < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
        expect(read(text)).toBe(units + 0);
        // A double near 2^53 / 10^4 has a step above half a unit, so only smaller amounts can be numbers.
        if (Math.abs(units) < 2 ** 51) expect(read(Number(text))).toBe(units + 0);
      }),
    );
  });
});
