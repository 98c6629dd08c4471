import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../src/clickhouse/exact-json.ts';
import { fc } from '../../support/property.ts';

describe('exact JSON', () => {
  it('has text where a double would lose digits', () => {
    expect(
      parseExactJson('[18446744073709551615, -9007199254740993, 12345678901234567.891, {"a": 0.12345678901234567890}]'),
    ).toEqual(['18446744073709551615', '-9007199254740993', '12345678901234567.891', { a: '0.12345678901234567890' }]);
  });

  it('has numbers where it would not, however they are written', () => {
    const text =
      '[9007199254740991, 1.50000000000000000000, 1e300, 1E+21, 100000000000000000000000, 0.000000000000000000001, -0]';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (number) => parseExactJson(JSON.stringify(number)) === (number || 0),
      ),
    );
    fc.assert(fc.property(fc.maxSafeInteger(), (number) => parseExactJson(String(number)) === number));
  });

  it('keeps every whole number, one way or the other', () => {
    fc.assert(fc.property(fc.bigInt(), (number) => BigInt(parseExactJson(String(number)) as string) === number));
  });

  it('leaves everything else as it is', () => {
    const text = '{"a":"18446744073709551615","b":[null,true,""],"c":{}}';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });
});
