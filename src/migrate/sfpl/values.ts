/**
 * Values of that tracker's columns as SQL of ClickHouse. Every expression gives a text, the one that travels: NULL is what an
 * absent value is, the empty text or 0, as that tracker's own defaults are.
 */
import { quoted } from '../../clickhouse/quoted.ts';
import { JSON_VALUES } from '../../event/sfpl/names.ts';
import { chText } from '../clickhouse/quote.ts';
import type { SourceColumn } from './schema.ts';

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';
/** Largest amount of ours, in units of its currency: ten-thousandths are safe integers. */
const AMOUNT_MAX = '900719925474.0991';
const TIME_MIN = `toDateTime64('1970-01-01 00:00:00.000', 3, 'UTC')`;
const TIME_MAX = `toDateTime64('2299-12-31 23:59:59.999', 3, 'UTC')`;

/** Ids, which versions of that tracker have as UUID or as text. */
const ID_NAME = /id$|^(ref|auth|owner)$/;
const NUMBER = /^(U?Int\d+|Float\d+|BFloat16|Decimal|Bool)/;
const DOCUMENT = /^(JSON|Object|Map|Tuple|Array|Nested|Variant|Dynamic)/;

/** The column in a row `t`. */
export function rawOf({ name }: SourceColumn): string {
  return `t.${quoted(name)}`;
}

/** A text; ids that are zero are absent, whether the column is a UUID or not. */
export function textOf(column: SourceColumn | undefined): string {
  if (column === undefined) return `''`;
  const raw = rawOf(column);
  if (DOCUMENT.test(column.type)) return `toValidUTF8(toJSONString(${raw}))`;
  const text = column.nullable ? `ifNull(toString(${raw}), '')` : `toString(${raw})`;
  const mayBeZero = column.type === 'UUID' || (column.type === 'String' && ID_NAME.test(column.name));
  return mayBeZero ? `transform(${text}, ['${ZERO_UUID}'], [''], ${text})` : text;
}

/** When: the column as a DateTime64 that has its own precision. NULL is the beginning of time. */
export function momentOf(column: SourceColumn): string {
  const raw = rawOf(column);
  const time = column.type.startsWith('DateTime64') ? raw : `toDateTime64(${raw}, 3, 'UTC')`;
  return column.nullable ? `ifNull(${time}, ${TIME_MIN})` : time;
}

/** A time in UTC with milliseconds, from 1970 to 2299, and the condition under which that is not all of it. */
export function timeOf(column: SourceColumn): { readonly text: string; readonly loss: string } {
  const moment = momentOf(column);
  // With nanoseconds it ends in 2262, and cannot be compared with anything later.
  const isFine = /^DateTime64\([789]/.test(column.type);
  const bounded = isFine ? moment : `least(${moment}, ${TIME_MAX})`;
  const held = `toDateTime64(greatest(${bounded}, ${TIME_MIN}), 3, 'UTC')`;
  const absent = column.nullable ? `isNull(${rawOf(column)}) OR ` : '';
  return { text: `toString(toTimeZone(${held}, 'UTC'))`, loss: `${absent}${held} != ${moment}` };
}

/** An amount with four decimals, and the condition under which it is none that can be held. */
export function amountOf(column: SourceColumn | undefined): { readonly text: string; readonly loss: string } {
  if (column === undefined) return { text: `'0.0000'`, loss: '0' };
  const raw = column.nullable ? `ifNull(${rawOf(column)}, 0)` : rawOf(column);
  const isFloat = column.type.startsWith('Float') || column.type.startsWith('BFloat');
  const value = NUMBER.test(column.type) ? raw : `toFloat64OrZero(${textOf(column)})`;
  const isDouble = isFloat || !NUMBER.test(column.type);
  const text = textOf(column);
  const noNumber = NUMBER.test(column.type) ? '' : `${text} != '' AND isNull(toFloat64OrNull(${text})) OR `;
  const bad = isDouble
    ? `${noNumber}NOT isFinite(${value}) OR abs(${value}) > ${AMOUNT_MAX}`
    : `abs(toFloat64(${value})) > ${AMOUNT_MAX}`;
  // A double times 10,000, rounded as it is for what comes over the wire, is the ten-thousandths that were meant.
  const held = `if(${bad}, 0, ${value})`;
  const decimal = isDouble
    ? `toDecimal128(toInt64(floor(${held} * 10000 + 0.5)), 4) / 10000`
    : `toDecimal128(round(${held}, 4), 4)`;
  return { text: `toDecimalString(${decimal}, 4)`, loss: bad };
}

/** Whether a text is a code of ISO 4217, as ours are. */
export function isCurrency(text: string): string {
  return `match(${text}, '^[A-Za-z]{3}$')`;
}

export function currencyOf(text: string): string {
  return `if(${isCurrency(text)}, upper(${text}), '')`;
}

/** One member of a JSON object, its value as JSON; the empty text where it is absent or its type's default. */
export function memberOf(name: string, column: SourceColumn): string {
  const { type } = column;
  const text = textOf(column);
  if (DOCUMENT.test(type)) return present(text, `'{}', '[]', 'null', ''`);
  if (type.startsWith('Bool')) return present(text, `'false', ''`);
  if (NUMBER.test(type)) {
    const isOdd = type.startsWith('Float')
      ? ` OR NOT isFinite(${column.nullable ? `ifNull(${rawOf(column)}, 0)` : rawOf(column)})`
      : '';
    return `if(${text} IN ('', '0', '-0')${isOdd}, '', ${text})`;
  }
  if (/^Date/.test(type)) {
    const { text: time } = timeOf(column);
    return present(`concat('"', replaceOne(${time}, ' ', 'T'), 'Z"')`, `'"1970-01-01T00:00:00.000Z"'`);
  }
  const clean = `toValidUTF8(${text})`;
  const json = JSON_VALUES.has(name)
    ? `if(isValidJSON(${clean}), ${clean}, toJSONString(${clean}))`
    : `toJSONString(${clean})`;
  return `if(${text} = '', '', ${json})`;
}

function present(text: string, defaults: string): string {
  return `if(${text} IN (${defaults}), '', ${text})`;
}

/**
 * A JSON object of members that are not empty, and behind them of the members of `extra`, a JSON object as text, whose
 * names they do not have already.
 */
export function objectOf(members: ReadonlyMap<string, string>, extra: string | null): string {
  const pairs = [...members].map(([name, value]) => `(${chText(name)}, ${value})`).join(', ');
  const named =
    members.size === 0 ? `CAST([], 'Array(Tuple(String, String))')` : `arrayFilter(m -> m.2 != '', [${pairs}])`;
  const all =
    extra === null
      ? named
      : `arrayConcat(${named}, arrayFilter((m, at) -> indexOf(arrayMap(o -> o.1, JSONExtractKeysAndValuesRaw(${extra})), m.1) = at AND NOT has(arrayMap(o -> o.1, ${named}), m.1), JSONExtractKeysAndValuesRaw(${extra}), arrayEnumerate(JSONExtractKeysAndValuesRaw(${extra}))))`;
  return `concat('{', arrayStringConcat(arrayMap(m -> concat(toJSONString(m.1), ':', m.2), ${all}), ','), '}')`;
}

/** The JSON object in a column as text; `{}` where it holds none. */
export function documentOf(column: SourceColumn | undefined): string {
  if (column === undefined) return `'{}'`;
  const text = `toValidUTF8(${textOf(column)})`;
  return `if(isValidJSON(${text}) AND JSONType(${text}) = 'Object', ${text}, '{}')`;
}
