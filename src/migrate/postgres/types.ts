import type { ColumnPlan, Loss } from '../column.ts';
import { arrayMapping } from './array-type.ts';
import type { Mapping, PgColumn, PgType } from './mapping.ts';
import { sqlName } from './quote.ts';

/** Settings of a connection under which texts are the ones that are read here. */
export const SESSION_SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'iso_8601'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  // Compiling the statement of a chunk takes longer than it saves.
  ['jit', 'off'],
];

/** Different values of a text above which a dictionary is no help. */
const DICTIONARY_MAX = 10_000;
const DECIMAL_DIGITS_MAX = 76;
/** Digits of a value of type money. */
const MONEY_DIGITS = 20;

/** The plan of a column under the mapping of its type, or under `type` where a person asked for another. */
export function columnPlan(
  column: PgColumn,
  options: { readonly into?: string; readonly type?: string } = {},
): ColumnPlan {
  const value = `t.${sqlName(column.name)}`;
  const mapping =
    options.type === undefined ? mappingOf(column.type, value, column) : asked(options.type, value, column);
  const nullable = !column.notNull && mapping.neverNull !== true;
  const wire = mapping.wire ?? mapping.type;
  return {
    name: options.into ?? column.name,
    type: nullable ? nullableType(mapping.type) : mapping.type,
    from: `${column.name} ${column.typeText}${column.generated ? ' (generated: its values)' : ''}`,
    read: mapping.read,
    wire: nullable ? `Nullable(${wire.replace(/^LowCardinality\((.*)\)$/, '$1')})` : wire,
    store: mapping.store ?? '{}',
    canonical: { source: mapping.source, target: mapping.target },
    nullable,
    ordered: mapping.ordered ?? false,
    loss: mapping.loss ?? null,
    ...(mapping.asIs && { asIs: mapping.asIs }),
    ...(mapping.line && { line: mapping.line }),
  };
}

/** What a type becomes unless a person says otherwise: the type that keeps every value, else the nearest one. */
export function mappingOf(type: PgType, value: string, column: Pick<PgColumn, 'notNull' | 'distinct'>): Mapping {
  if (type.element !== null) return arrayMapping(type.element, value, column.notNull);
  if (type.kind === 'e') return textMapping(`${value}::text`, 'LowCardinality(String)');
  const build = TYPES[type.name];
  if (build !== undefined) return build(value, type, column);
  return textMapping(`${value}::text`);
}

const TYPES: Readonly<
  Record<string, (value: string, type: PgType, column: Pick<PgColumn, 'notNull' | 'distinct'>) => Mapping>
> = {
  int2: (value) => plain('Int16', value, true),
  int4: (value) => plain('Int32', value, true),
  int8: (value) => plain('Int64', value, true),
  oid: (value) => ({ ...plain('UInt32', value), source: `${value}::text` }),
  bool: (value) => ({ ...plain('Bool', value), line: `if({}, 't', 'f')` }),
  uuid: (value) => plain('UUID', value),
  float4: (value) => float('Float32', 'float4send', value),
  float8: (value) => float('Float64', 'float8send', value),
  numeric: (value, { modifier }, { notNull }) =>
    modifier < 4 ? textMapping(`${value}::text`) : decimal(value, precisionOf(modifier), notNull),
  money: (value) =>
    decimalMapping(`(${value})::numeric`, MONEY_DIGITS, 2, {
      of: 'some',
      condition: `(${value})::numeric <> round((${value})::numeric, 2)`,
      what: 'amounts in a currency with more than two decimals are rounded',
    }),
  text: (value, _type, { distinct }) => textMapping(value, dictionary(distinct)),
  varchar: (value, _type, { distinct }) => textMapping(value, dictionary(distinct)),
  // The padding of char(n) has no meaning in PostgreSQL, and comparisons there ignore it.
  bpchar: (value, _type, { distinct }) => textMapping(`${value}::text`, dictionary(distinct)),
  bytea: (value) => ({
    type: 'String',
    read: `encode(${value}, 'hex')`,
    store: 'unhex({})',
    source: `encode(${value}, 'hex')`,
    target: 'lower(hex({}))',
    line: 'lower(hex({}))',
  }),
  // ::text of an inet shows /32 where nobody wrote it.
  inet: (value) => textMapping(`abbrev(${value})`),
  date: (value) =>
    clamped(value, { type: 'Date32', least: "date '1900-01-01'", most: "date '2299-12-31'", target: 'toString({})' }),
  timestamp: (value) => clamped(value, MICROSECONDS),
  timestamptz: (value) => clamped(`(${value} AT TIME ZONE 'UTC')`, MICROSECONDS),
};

const MICROSECONDS = {
  type: "DateTime64(6, 'UTC')",
  least: "timestamp '1900-01-01 00:00:00'",
  most: "timestamp '2299-12-31 23:59:59.999999'",
  // PostgreSQL leaves zeros at the end of a fraction out.
  target: `trimRight(trimRight(toString({}), '0'), '.')`,
} as const;

function plain(type: string, value: string, ordered = false): Mapping {
  return { type, read: value, source: `${value}::text`, target: 'toString({})', line: 'toString({})', ordered };
}

/** A text that arrives byte for byte. */
export function textMapping(value: string, type: 'String' | 'LowCardinality(String)' = 'String'): Mapping {
  return { type, wire: 'String', read: value, source: value, target: 'toString({})', line: 'toString({})' };
}

/** By their bits: both sides write the same number in different digits, and reading digits costs more. */
function float(type: 'Float32' | 'Float64', send: string, value: string): Mapping {
  const bits = `encode(${send}(${value}), 'hex')`;
  const stored = 'lower(hex(reverse(reinterpretAsFixedString(assumeNotNull({})))))';
  return {
    type,
    wire: 'String',
    read: bits,
    store: `reinterpretAs${type}(reverse(unhex({})))`,
    source: bits,
    target: stored,
    line: stored,
  };
}

function dictionary(distinct: number): 'String' | 'LowCardinality(String)' {
  return distinct > 0 && distinct <= DICTIONARY_MAX ? 'LowCardinality(String)' : 'String';
}

/** Precision and scale in a type modifier of numeric; the scale is signed in 11 bits since PostgreSQL 15. */
function precisionOf(modifier: number): { readonly precision: number; readonly scale: number } {
  const scale = (((modifier - 4) & 0x7ff) ^ 1_024) - 1_024;
  return { precision: ((modifier - 4) >> 16) & 0xffff, scale };
}

function decimal(value: string, { precision, scale }: ReturnType<typeof precisionOf>, notNull: boolean): Mapping {
  const decimals = Math.max(scale, 0);
  const digits = Math.max(precision - Math.min(scale, 0), decimals);
  if (digits > DECIMAL_DIGITS_MAX) return textMapping(`${value}::text`);
  const read = `CASE WHEN ${value} = 'NaN' THEN ${notNull ? zero(decimals) : 'NULL'} ELSE ${value} END`;
  const mapping = decimalMapping(read, digits, decimals, {
    of: 'some',
    condition: `${value} = 'NaN'`,
    what: `NaN becomes ${notNull ? '0' : 'NULL'}`,
  });
  // Nothing is greater than NaN.
  const asIs = { value, canonical: `${value}::text`, unless: `{max} = 'NaN'` };
  return { ...mapping, asIs, line: mapping.target };
}

/** With its decimals, as every other value has them. */
function zero(decimals: number): string {
  return decimals === 0 ? '0' : `0.${'0'.repeat(decimals)}`;
}

function decimalMapping(read: string, digits: number, decimals: number, loss: Loss): Mapping {
  return {
    type: `Decimal(${digits}, ${decimals})`,
    read,
    source: `round(${read}, ${decimals})::text`,
    target: `toDecimalString({}, ${decimals})`,
    ordered: true,
    loss,
  };
}

function clamped(
  value: string,
  { type, least, most, target }: { type: string; least: string; most: string; target: string },
): Mapping {
  const read = `CASE WHEN ${value} < ${least} THEN ${least} WHEN ${value} > ${most} THEN ${most} ELSE ${value} END`;
  return {
    type,
    read,
    source: `(${read})::text`,
    target,
    ordered: true,
    asIs: { value, canonical: `(${value})::text`, unless: `{min} < ${least} OR {max} > ${most}` },
    line: target,
    loss: {
      of: 'some',
      condition: `${value} < ${least} OR ${value} > ${most}`,
      what: 'infinity and times before 1900 or after 2299 become the nearest that can be held',
    },
  };
}

/** Types that a map file may ask for: what they do to a value. */
export const ASKED_TYPES = 'String, LowCardinality(String), Float64, Decimal(P, S), JSON';
const DECIMAL = /^Decimal\((\d{1,2}), ?(\d{1,2})\)$/;

/** Whether a map file may ask for it. */
export function canBeAsked(type: string): boolean {
  const [, digits, decimals] = DECIMAL.exec(type) ?? [];
  if (digits !== undefined) return Number(digits) <= DECIMAL_DIGITS_MAX && Number(decimals) <= Number(digits);
  return ['String', 'LowCardinality(String)', 'Float64', 'JSON'].includes(type);
}

function asked(type: string, value: string, column: PgColumn): Mapping {
  const [, digits, decimals] = DECIMAL.exec(type) ?? [];
  if (digits !== undefined) return askedDecimal(value, Number(digits), Number(decimals), column.notNull);
  if (type === 'Float64') {
    const loss: Loss = {
      of: 'some',
      condition: `${value}::float8::numeric IS DISTINCT FROM ${value}::numeric`,
      what: 'digits beyond those of a double are lost',
    };
    return { ...float('Float64', 'float8send', `${value}::float8`), loss };
  }
  if (type === 'JSON') {
    const what =
      'ClickHouse keeps paths and values, not the text: order, NULL and duplicates are lost; verified by count';
    return {
      type,
      wire: 'String',
      read: `coalesce(${value}::text, '{}')`,
      store: `CAST({}, 'JSON')`,
      source: `''`,
      target: `''`,
      neverNull: true,
      loss: { of: 'every', condition: 'false', what },
    };
  }
  const base = mappingOf(column.type, value, column);
  const isText = base.type === 'String' || base.type === 'LowCardinality(String)';
  return isText ? { ...base, type } : textMapping(`${value}::text`, type as 'String');
}

function askedDecimal(value: string, digits: number, decimals: number, notNull: boolean): Mapping {
  const number = `(${value})::numeric`;
  const bound = `1${'0'.repeat(digits - decimals)}`;
  const outside = `${number} IN ('NaN', 'Infinity', '-Infinity') OR abs(round(${number}, ${decimals})) >= ${bound}`;
  const nothing = notNull ? '0' : 'NULL';
  return decimalMapping(
    `CASE WHEN ${outside} THEN ${notNull ? zero(decimals) : 'NULL'} ELSE round(${number}, ${decimals}) END`,
    digits,
    decimals,
    {
      of: 'some',
      condition: `${outside} OR round(${number}, ${decimals}) <> ${number}`,
      what: `numbers are rounded to ${decimals} decimals; what does not fit, NaN and infinity become ${nothing}`,
    },
  );
}

function nullableType(type: string): string {
  const inner = /^LowCardinality\((.*)\)$/.exec(type)?.[1];
  return inner === undefined ? `Nullable(${type})` : `LowCardinality(Nullable(${inner}))`;
}
