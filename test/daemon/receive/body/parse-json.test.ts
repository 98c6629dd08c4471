import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../../daemon/receive/body/parse-json.ts';
import { fc } from '../../../support/property.ts';

describe('parseJson', () => {
  test.each([
    ['\\\\', '\\n', '\n'],
    ['\\u005c', '\\u00fc', 'ü'],
    ['\\u005C', '\\"', '"'],
    ['x\\\\', 'x\\n', 'x\n'],
    ['\\\\\\\\', '\\\\n', '\\n'],
  ])('a key %s of one sender does not become the key %s of the next', (poison, victim, name) => {
    const first = `place${poison.length}${victim.length}`;
    parseJson(`{"${first}":1,"${poison}":2}`);
    expect(Object.keys(parseJson(`{"${first}":1,"${victim}":2}`) as object)).toEqual([first, name]);
  });

  test('a key that ends in a backslash gets an underscore, its value stays', () => {
    expect(parseJson('{"C:\\\\" : "C:\\\\", "b": {"\\u005c": 1}}')).toEqual({ 'C:\\_': 'C:\\', b: { '\\_': 1 } });
  });

  test('everything else is what JSON.parse makes of it, also quotes and backslashes before colons in texts', () => {
    const text = fc.stringMatching(/^[\\":a u05c{}]*$/);
    const key = text.filter((name) => !name.endsWith('\\') && name !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(text, fc.array(text), fc.dictionary(key, text))), (value) => {
        expect(parseJson(JSON.stringify(value))).toEqual(value);
      }),
    );
  });

  test('no JSON throws', () => {
    expect(() => parseJson('{"a\\\\":')).toThrow(SyntaxError);
  });
});
