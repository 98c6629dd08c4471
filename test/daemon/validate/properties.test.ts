import { describe, expect, it } from 'vitest';
import { EventHints, Leaves } from '../../../daemon/validate/hints.ts';
import { addProperties, propertiesText } from '../../../daemon/validate/properties.ts';
import { validate } from '../../../daemon/validate/validate.ts';
import { EVENT_LIMITS } from '../../../src/event/limits.ts';
import { POISON } from './poison.ts';

function guard(value: unknown) {
  const leaves = new Leaves();
  return addProperties(value, leaves) ?? propertiesText(leaves);
}

function leavesOf(value: unknown): Leaves {
  const leaves = new Leaves();
  expect(addProperties(value, leaves)).toBeUndefined();
  return leaves;
}

const nest = (depth: number): unknown => (depth === 0 ? 1 : { k: nest(depth - 1) });
const nestArray = (depth: number): unknown => (depth === 0 ? 1 : [nestArray(depth - 1)]);
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));

describe('the properties guard', () => {
  it.each([
    [{ plan: 'pro', items: 3, ok: true }, '{"plan":"pro","items":3,"ok":true}'],
    [undefined, '{}'],
    [null, '{}'],
    [{}, '{}'],
    [{ a: { b: { c: 1 } }, d: 2 }, '{"a.b.c":1,"d":2}'],
    [{ a: null, b: {}, c: { d: null } }, '{}'],
    [{ 'a.b': 1, a: { b: 2 } }, '{"a.b":2}'],
    [{ a: { b: 2 }, 'a.b': 1 }, '{"a.b":1}'],
    [{ a: [{ 'b.c': 1, b: { c: 2 } }] }, '{"a":[{"b.c":2}]}'],
    [{ '': 1, a: { '': 2 }, 'b..c': 3 }, '{"_":1,"a._":2,"b._.c":3}'],
    [{ a: [1, null, 'x', [true], {}] }, '{"a":[1,null,"x",[true],{}]}'],
    [{ 'k"\n': 'v\\"\u001b' }, '{"k\\"\\n":"v\\\\\\"\\u001b"}'],
    [{ 's\ud800': '\udfff\0' }, '{"s\ufffd":"\ufffd\ufffd"}'],
    [{ '\ud800': 1, '\udc00': 2 }, '{"\ufffd":2}'],
    [
      { n: 2 ** 63, m: -(2 ** 63), k: 2 ** 62, e: 1e21 },
      '{"n":9.223372036854776e+18,"m":-9.223372036854776e+18,"k":4611686018427388000,"e":1e+21}',
    ],
  ])('writes %j as %s', (value, text) => {
    expect(guard(value)).toBe(text);
  });

  it('keeps keys that reach a prototype out, wherever they stand', () => {
    const text = '{"__proto__":{"x":1},"a":{"constructor":1,"b":1},"c.__proto__.d":1,"l":[{"prototype":1,"e":1}]}';
    expect(guard(JSON.parse(text))).toBe('{"a.b":1,"l":[{"e":1}]}');
  });

  it.each([[[1]], ['text'], [1], [true]])('refuses %j, which is no object', (value) => {
    expect(guard(value)).toMatchObject({ reason: 'wrong_type', field: 'properties' });
  });

  it('holds each limit and refuses one more with field and limit', () => {
    const { propertiesDepthMax, propertiesKeysMax, propertyArrayMax, propertyKeyBytesMax, propertyValueBytesMax } =
      EVENT_LIMITS;
    expect(guard(nest(propertiesDepthMax + 1))).toBe('{"k.k.k.k.k.k":1}');
    expect(guard(nest(propertiesDepthMax + 2))).toMatchObject({ reason: 'too_deep', limit: propertiesDepthMax });
    expect(guard({ l: nestArray(propertiesDepthMax) })).toBe('{"l":[[[[[1]]]]]}');
    expect(guard({ l: nestArray(propertiesDepthMax + 1) })).toMatchObject({
      reason: 'too_deep',
      field: 'properties.l',
    });

    expect(guard(keys(propertiesKeysMax))).toBe(JSON.stringify(keys(propertiesKeysMax)));
    expect(guard(keys(propertiesKeysMax + 1))).toMatchObject({ reason: 'too_many', limit: propertiesKeysMax });
    expect(guard({ l: [keys(propertiesKeysMax)] })).toMatchObject({ reason: 'too_many', limit: propertiesKeysMax });

    expect(guard({ l: Array(propertyArrayMax).fill(1) })).toBeTypeOf('string');
    const longArray = { cart: { items: Array(propertyArrayMax + 1).fill(1) } };
    expect(guard(longArray)).toMatchObject({
      reason: 'too_many',
      field: 'properties.cart.items',
      limit: propertyArrayMax,
    });

    expect(guard({ ['é'.repeat(propertyKeyBytesMax / 2)]: 1 })).toBeTypeOf('string');
    expect(guard({ ['é'.repeat(propertyKeyBytesMax / 2 + 1)]: 1 })).toMatchObject({
      reason: 'too_long',
      limit: propertyKeyBytesMax,
    });
    expect(guard({ a: { ['k'.repeat(propertyKeyBytesMax - 1)]: 1 } })).toMatchObject({ reason: 'too_long' });

    expect(guard({ v: 'x'.repeat(propertyValueBytesMax) })).toBeTypeOf('string');
    const longValue = { reason: 'too_long', field: 'properties.v', limit: propertyValueBytesMax };
    expect(guard({ v: 'x'.repeat(propertyValueBytesMax + 1) })).toMatchObject(longValue);
    const longElement = { reason: 'too_long', field: 'properties.l[].v', limit: propertyValueBytesMax };
    expect(guard({ l: [{ v: 'x'.repeat(propertyValueBytesMax + 1) }] })).toMatchObject(longElement);

    const wide = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`k${index}`, 'x'.repeat(8_000)]));
    expect(guard(wide)).toMatchObject({ reason: 'too_large', field: 'properties', limit: 32_768 });
    const escaped = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`k${index}`, '\u0001'.repeat(2_000)]));
    expect(guard(escaped)).toMatchObject({ reason: 'too_large', field: 'properties' });
    expect(guard({ n: Number.POSITIVE_INFINITY })).toMatchObject({ reason: 'out_of_range', field: 'properties.n' });
  });

  it('names a number that JSON cannot hold by its key, of which only printable text reaches the answer', () => {
    const message = 'properties.?[31m is a number beyond the range of a 64-bit float';
    const rejection = { reason: 'out_of_range', field: 'properties.?[31m', message };
    expect(guard({ '\x1b[31m': Number.POSITIVE_INFINITY })).toEqual(rejection);
  });

  it('ends the walk over an object of endless nulls', () => {
    const nulls = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`k${index}`, null]));
    expect(guard(nulls)).toMatchObject({ reason: 'too_many', field: 'properties' });
  });

  it('ends the walk over arrays of arrays before it gets expensive', () => {
    const block = Array(100).fill(Array(100).fill(Array(100).fill(Array(100).fill(1))));
    expect(guard({ l: block })).toMatchObject({ reason: 'too_large' });
  });

  it('lists the leaves with their JSON text, and the keys of objects in arrays once with the leaf that holds them', () => {
    const leaves = leavesOf({
      plan: 'pro',
      items: [
        { sku: 1, qty: 2 },
        { sku: 3, tags: [{ t: 1 }] },
      ],
      a: { b: [1] },
    });
    expect(leaves.paths.slice(0, leaves.count)).toEqual(['plan', 'items', 'a.b']);
    expect(leaves.values.slice(0, leaves.count)).toEqual([
      '"pro"',
      '[{"sku":1,"qty":2},{"sku":3,"tags":[{"t":1}]}]',
      '[1]',
    ]);
    const nested = leaves.nested.slice(0, leaves.nestedCount);
    expect(nested.toSorted()).toEqual(['items[].qty', 'items[].sku', 'items[].tags', 'items[].tags[].t']);
    expect(leaves.nestedLeaf.slice(0, leaves.nestedCount)).toEqual([1, 1, 1, 1]);
  });

  it('forgets the nested keys of a leaf that a later one of the same path replaces', () => {
    const leaves = leavesOf({ 'a.l': [{ x: 1 }], a: { l: [{ y: 1 }] } });
    expect(leaves.nested.slice(0, leaves.nestedCount)).toEqual(['a.l[].y']);
    expect(propertiesText(leaves)).toBe('{"a.l":[{"y":1}]}');
  });

  it('leaves nothing of one event to the next', () => {
    const hints = new EventHints();
    validate({ name: 'n', properties: { 'a.b': [{ x: 1 }], c: 2 } }, hints);
    const event = validate({ name: 'n', properties: { d: 1 } }, hints);
    expect(event).toMatchObject({ properties: '{"d":1}' });
    expect(hints.leaves).toMatchObject({ count: 1, nestedCount: 0 });
  });

  it.each(POISON)('turns %s into JSON with one value per path', (text) => {
    const guarded = guard(JSON.parse(text));
    if (typeof guarded !== 'string') throw new Error('rejected');
    expect(guarded.isWellFormed()).toBe(true);
    expect(Object.keys(JSON.parse(guarded))).toHaveLength(leavesOf(JSON.parse(text)).count); // it would drop a second one
  });
});
