import { describe, expect, it } from 'vitest';
import { COLUMNS } from '../../../src/event/columns.ts';
import { compileField, DIMENSIONS, fieldSchema } from '../../../src/query/field.ts';
import { fc } from '../../support/property.ts';

const problemOf = (field: string) => fieldSchema.safeParse(field).error?.issues[0]?.message;

describe('a field', () => {
  it('is the name of a dimension column, as it is', () => {
    expect(DIMENSIONS.length).toBe(COLUMNS.filter((column) => column.dimension).length);
    for (const name of DIMENSIONS) expect(compileField(name)).toBe(name);
  });

  it('is refused with the nearest name when it is no dimension', () => {
    expect(problemOf('contry')).toMatch(
      /^unknown field "contry"; did you mean country\? Allowed: account, .*properties\.<key>$/,
    );
    for (const name of ['event_id', 'properties', 'url', 'batch', 'received_at', '', 'toString', '__proto__']) {
      expect(problemOf(name)).toMatch(/^unknown field/);
    }
  });

  it('is a property whose path keeps only letters, digits and _ outside of \\x escapes', () => {
    expect(compileField('properties.plan')).toBe('toString(properties.`plan`)');
    expect(compileField('properties.a.b')).toBe('toString(properties.`a\\x2eb`)');
    expect(compileField('properties.é')).toBe('toString(properties.`\\xc3\\xa9`)');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (key) => {
        fc.pre(!key.includes('`') && Buffer.byteLength(key) <= 128);
        const inside = /^toString\(properties\.`(.*)`\)$/s.exec(compileField(`properties.${key}`))?.[1];
        expect(inside).toMatch(/^(?:\w|\\x[0-9a-f]{2})+$/);
      }),
    );
  });

  it('is refused when the property is empty, too long, ill-formed or has a backtick', () => {
    expect(problemOf('properties.')).toMatch(/needs the name of a property/);
    expect(problemOf('properties.a`b')).toMatch(/backtick/);
    expect(problemOf('properties.:`x`')).toMatch(/backtick/);
    expect(problemOf(`properties.${'é'.repeat(65)}`)).toBe('the name of a property has 130 bytes; the most is 128');
    expect(problemOf('properties.\ud800')).toMatch(/well-formed/);
  });

  it('throws when it was not checked', () => {
    expect(() => compileField('1; DROP TABLE events')).toThrow(/unknown field/);
    expect(() => compileField('properties.`) OR 1=1')).toThrow(/backtick/);
  });
});
