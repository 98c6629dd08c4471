import { parseJson } from '../body/parse-json.ts';

/** Seconds from here on (2000-01-01) are taken for a time; the wire sends times as seconds and means milliseconds. */
const SECONDS_MIN = 946_684_800;
/** Above this a whole number is milliseconds already, or no time. */
const SECONDS_MAX = 9_999_999_999;
const MS_PER_SECOND = 1_000;
/** Longer texts are neither numbers nor times, and JSON in them is for `params`. */
const GUESSED_CHARS_MAX = 64;
const JSON_CHARS_MAX = 8_192;

const WHOLE = /^-?(?:0|[1-9]\d{0,15})$/;
const FRACTION = /^-?(?:0|[1-9]\d{0,14})\.\d{1,15}$/;
/** RFC 3339 with and without a zone, a space for the T, a date alone; the same with slashes; month first. */
const ISO = /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?)?$/;
const MONTH_FIRST = /^(\d{2})\/(\d{2})\/(\d{4})$/;
/** RFC 1123, as HTTP writes dates. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The value that a text of an unknown name stands for: `true` and `false`, whole numbers (seconds since 2000 become
 * milliseconds), decimals, dates as milliseconds since the epoch, JSON objects and arrays. A text that a number would not give
 * back as it was (`007`, `+49…`, more digits than a double has) stays text.
 */
export function guess(text: string): unknown {
  const first = text.charCodeAt(0);
  if (first === 0x7b || first === 0x5b) return text.length <= JSON_CHARS_MAX ? (fromJson(text) ?? text) : text;
  if (text.length > GUESSED_CHARS_MAX) return text;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (WHOLE.test(text)) return wholeNumber(text);
  if (FRACTION.test(text)) return String(Number(text)) === text.replace(/\.?0+$/, '') ? Number(text) : text;
  return dateOf(text) ?? text;
}

/** The value of JSON text, undefined when it is none. */
export function fromJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function wholeNumber(text: string): number | string {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return text;
  return value >= SECONDS_MIN && value <= SECONDS_MAX ? value * MS_PER_SECOND : value;
}

function dateOf(text: string): number | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, , month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = iso;
    return checked(
      `${year}-${month}-${day}T${hour}:${minute}:${second}.${`${fraction}000`.slice(0, 3)}${withColon(zone)}`,
      day!,
    );
  }
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst !== null) {
    const [, month, day, year] = monthFirst;
    return checked(`${year}-${month}-${day}T00:00:00.000Z`, day!);
  }
  return HTTP_DATE.test(text) ? Date.parse(text) : undefined;
}

/** `Date.parse` takes the 30th of February for the 1st of March. */
function checked(iso: string, day: string): number | undefined {
  const time = Date.parse(iso);
  const local = Date.parse(`${iso.slice(0, 10)}T00:00:00.000Z`);
  return Number.isNaN(time) || new Date(local).getUTCDate() !== Number(day) ? undefined : time;
}

function withColon(zone: string): string {
  return zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
