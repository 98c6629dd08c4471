import type { Mapping, PgType } from './mapping.ts';

/** Elements whose text is the same on both sides; everything else stays the text that PostgreSQL writes. */
const ELEMENTS: Readonly<Record<string, string>> = {
  int2: 'Int16',
  int4: 'Int32',
  int8: 'Int64',
  bool: 'Bool',
  uuid: 'UUID',
};

/** Between elements, and for a NULL among them, in what is verified. */
const SEPARATOR = `E'\\x1d'`;
const NULL_ELEMENT = `E'\\x1e'`;

/**
 * An array, over the expression `value`. It travels as JSON of texts, in which quotes, commas and NULL are no question. An
 * array of ClickHouse is never NULL, and its dimensions are part of its type.
 */
export function arrayMapping(element: PgType, value: string, notNull: boolean): Mapping {
  const type = ELEMENTS[element.name] ?? 'String';
  const texts =
    element.name === 'bytea' ? `ARRAY(SELECT encode(x, 'hex') FROM unnest(${value}) x)` : `${value}::text[]`;
  const flat = `ARRAY(SELECT unnest(${texts}))`;
  const several = `array_ndims(${value}) > 1`;
  const stored = type === 'String' ? 'x' : `CAST(x, 'Nullable(${type})')`;
  const lost = [notNull ? '' : 'NULL becomes an empty array', 'several dimensions become one'].filter(Boolean);
  return {
    type: `Array(Nullable(${type}))`,
    wire: 'String',
    read: `CASE WHEN ${value} IS NULL THEN '[]' WHEN ${several} THEN array_to_json(${flat})::text ELSE array_to_json(${texts})::text END`,
    store: `arrayMap(x -> ${stored}, JSONExtract({}, 'Array(Nullable(String))'))`,
    source: `coalesce(array_to_string(${texts}, ${SEPARATOR}, ${NULL_ELEMENT}), '')`,
    target: `arrayStringConcat(arrayMap(x -> ifNull(toString(x), '\\x1e'), {}), '\\x1d')`,
    neverNull: true,
    loss: {
      of: 'some',
      condition: notNull ? several : `${value} IS NULL OR ${several}`,
      what: lost.join(', '),
    },
  };
}
