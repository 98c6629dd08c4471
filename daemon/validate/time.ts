import type { Rejection } from '../../src/event/rejection.ts';
import { reject, wrongType } from './reject.ts';

const MS_PER_DAY = 86_400_000;
const MS_PER_MINUTE = 60_000;
/** A number below this (1973-03-03 in milliseconds) can only be a time in seconds. */
const EPOCH_MS_MIN = 100_000_000_000;
/** End of the year 9999: a number above it can only be a time in microseconds or finer. */
const EPOCH_MS_MAX = 253_402_300_799_999;
const FRACTION_DIGITS_MAX = 9;
const ZONE_HOURS_MAX = 18;

/**
 * `occurred_at`: ISO 8601 text or milliseconds since the epoch; NaN when absent. Whether the time is plausible is for
 * enrich to say; here only a number in another unit is refused (`out_of_range`), for the sender can mend that.
 */
export function readTime(value: unknown, field: string): number | Rejection {
  if (value === undefined || value === null || value === '') return Number.NaN;
  if (typeof value === 'string') {
    const time = parseIsoTime(value);
    return Number.isNaN(time)
      ? reject('bad_format', field, 'is not an ISO 8601 time like 2026-01-31T09:30:00.000Z')
      : time;
  }
  if (typeof value !== 'number') return wrongType(field, 'ISO 8601 text or milliseconds since 1970', value);
  if (value >= EPOCH_MS_MIN && value <= EPOCH_MS_MAX) return Math.floor(value);
  return reject('out_of_range', field, 'must be milliseconds since 1970, not seconds or microseconds');
}

/**
 * Milliseconds of `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|±HH[:]MM]]`, or NaN. Without a zone it is UTC: `Date.parse`
 * would take the zone of the machine. Digits finer than milliseconds are cut.
 */
export function parseIsoTime(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return Number.NaN;
  const midnight = daysSinceEpoch(year, month, day) * MS_PER_DAY;
  return text.length === 10 ? midnight : midnight + parseClock(text);
}

/** Milliseconds after UTC midnight of the part from the `T` on; NaN when malformed. */
function parseClock(text: string): number {
  const separator = text.charCodeAt(10);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return Number.NaN;
  if (text.charCodeAt(13) !== 0x3a || hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  let ms = (hour * 60 + minute) * MS_PER_MINUTE;
  let at = 16;
  if (text.charCodeAt(at) === 0x3a) {
    const second = digits(text, 17, 2);
    if (second < 0 || second > 60) return Number.NaN; // 60 is a leap second, which is the start of the next minute
    ms += second * 1000;
    at = 19;
    const mark = text.charCodeAt(at);
    if (mark === 0x2e || mark === 0x2c) {
      const end = endOfDigits(text, at + 1);
      if (end === at + 1 || end - at - 1 > FRACTION_DIGITS_MAX) return Number.NaN;
      ms += fractionMs(text, at + 1, end);
      at = end;
    }
  }
  return ms - zoneOffsetMs(text, at);
}

function zoneOffsetMs(text: string, at: number): number {
  if (at === text.length) return 0;
  const mark = text.charCodeAt(at);
  if (mark === 0x5a || mark === 0x7a) return at + 1 === text.length ? 0 : Number.NaN;
  if (mark !== 0x2b && mark !== 0x2d) return Number.NaN;
  const colon = text.charCodeAt(at + 3) === 0x3a ? 1 : 0;
  const hours = digits(text, at + 1, 2);
  const minutes = text.length === at + 3 ? 0 : digits(text, at + 3 + colon, 2);
  const end = text.length === at + 3 ? at + 3 : at + 5 + colon;
  if (hours < 0 || hours > ZONE_HOURS_MAX || minutes < 0 || minutes > 59 || end !== text.length) return Number.NaN;
  const offset = (hours * 60 + minutes) * MS_PER_MINUTE;
  return mark === 0x2d ? -offset : offset;
}

function fractionMs(text: string, start: number, end: number): number {
  let ms = 0;
  for (let place = 0; place < 3; place++) {
    ms = ms * 10 + (start + place < end ? text.charCodeAt(start + place) - 0x30 : 0);
  }
  return ms;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}

/** The number that the `count` digits at `start` make, or -1 when one of them is no digit. */
function digits(text: string, start: number, count: number): number {
  if (text.length < start + count) return -1;
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const code = text.charCodeAt(at) - 0x30;
    if (code < 0 || code > 9) return -1;
    value = value * 10 + code;
  }
  return value;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years start in March so that the leap day comes last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
