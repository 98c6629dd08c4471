import { isUtf8 } from 'node:buffer';
import { EVENT_LIMITS } from '../../../src/event/limits.ts';
import type { Rejection } from '../../../src/event/rejection.ts';
import type { Failure } from '../failure.ts';
import { RECEIVE_LIMITS } from '../limits.ts';
import { JsonScanner } from './json-scanner.ts';
import type { Media } from './media.ts';
import { parseJson } from './parse-json.ts';

/**
 * The events of one request or message as they came over the wire, in order. Where an index has a fault, the value is
 * meaningless: the event could not be read and is rejected for it.
 */
export interface Body {
  readonly wires: readonly unknown[];
  readonly faults: ReadonlyMap<number, Rejection>;
}

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = 0xef;
const REPLACEMENT_CHARACTER = '\ufffd';

const NO_FAULTS: ReadonlyMap<number, Rejection> = new Map();
const BAD_JSON = unreadable('bad_json', 'Not valid JSON in UTF-8.');
const TOO_LARGE = unreadable('too_large', 'The event is over the limit of bytes.', EVENT_LIMITS.eventBytesMax);
const TOO_DEEP = unreadable('too_deep', 'The event nests deeper than the limit.', EVENT_LIMITS.bodyDepthMax);
const TOO_MANY = unreadable('too_many', 'The event has more keys than the limit.', RECEIVE_LIMITS.eventKeysMax);
const MALFORMED: Body = { wires: [undefined], faults: new Map([[0, BAD_JSON]]) };
const TOO_MANY_KEYS: Failure = {
  code: 'too_many_keys',
  message: `The body has more than ${RECEIVE_LIMITS.bodyKeysMax} keys; send fewer events at a time.`,
  limit: RECEIVE_LIMITS.bodyKeysMax,
};

/**
 * Reads the events out of a body: one object, an array, or one JSON value a line. Lines are taken for such when the
 * media type says so, or when an object is followed by something more.
 *
 * Depth, keys, sizes and counts are checked before anything is parsed. One event over a limit, or one broken line, is
 * the fault of that event alone; an array or object that is no JSON, or text that is no UTF-8, is malformed as a whole
 * (for lines: the line). Blank lines do not count.
 */
export function readBody(bytes: Buffer, media: Media, eventsMax: number): Body | Failure {
  const start = bytes[0] === BYTE_ORDER_MARK ? 3 : 0;
  if (media === 'lines') return readLines(bytes, start, eventsMax);
  const scanner = new JsonScanner(bytes, start, bytes.length);
  const first = scanner.peek();
  if (first === OPEN_BRACKET) return readArray(bytes, start, scanner, eventsMax);
  const from = scanner.position;
  scanner.skipValue();
  const to = scanner.position;
  if (first === OPEN_BRACE && scanner.peek() !== -1) return readLines(bytes, start, eventsMax);
  const fault = faultOf(scanner, to - from);
  if (fault !== undefined) return { wires: [undefined], faults: new Map([[0, fault]]) };
  const wire = parse(bytes.toString('utf8', start), bytes, start, bytes.length);
  return wire === undefined ? MALFORMED : { wires: [wire], faults: NO_FAULTS };
}

function readArray(bytes: Buffer, start: number, scanner: JsonScanner, eventsMax: number): Body | Failure {
  const faults = new Map<number, Rejection>();
  let sound = '';
  let soundFrom = start;
  let count = 0;
  let keys = 0;
  do {
    scanner.position++;
    scanner.peek();
    const from = scanner.position;
    scanner.skipValue();
    const fault = faultOf(scanner, scanner.position - from);
    if (fault === undefined) {
      keys += scanner.keys;
    } else {
      // What is over a limit is never parsed: null keeps its place.
      faults.set(count, fault);
      sound += `${bytes.toString('utf8', soundFrom, from)}null`;
      soundFrom = scanner.position;
    }
    if (++count > eventsMax) return tooManyEvents(eventsMax);
    if (keys > RECEIVE_LIMITS.bodyKeysMax) return TOO_MANY_KEYS;
  } while (scanner.peek() === COMMA);
  const rest = bytes.toString('utf8', soundFrom);
  const wires = parse(faults.size === 0 ? rest : sound + rest, bytes, start, bytes.length);
  return Array.isArray(wires) ? { wires, faults } : MALFORMED;
}

function readLines(bytes: Buffer, start: number, eventsMax: number): Body | Failure {
  const wires: unknown[] = [];
  const faults = new Map<number, Rejection>();
  let keys = 0;
  for (let from = start; from < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const to = feed === -1 ? bytes.length : feed;
    const scanner = new JsonScanner(bytes, from, to);
    if (scanner.peek() !== -1) {
      scanner.skipValue();
      const fault = faultOf(scanner, to - from);
      keys += fault === undefined ? scanner.keys : 0;
      if (wires.length === eventsMax) return tooManyEvents(eventsMax);
      if (keys > RECEIVE_LIMITS.bodyKeysMax) return TOO_MANY_KEYS;
      const wire = fault === undefined ? parse(bytes.toString('utf8', from, to), bytes, from, to) : undefined;
      if (wire === undefined) faults.set(wires.length, fault ?? BAD_JSON);
      wires.push(wire);
    }
    from = to + 1;
  }
  return wires.length === 0 ? MALFORMED : { wires, faults };
}

function faultOf(scanned: JsonScanner, length: number): Rejection | undefined {
  if (length > EVENT_LIMITS.eventBytesMax) return TOO_LARGE;
  if (scanned.depth > EVENT_LIMITS.bodyDepthMax) return TOO_DEEP;
  if (scanned.keys > RECEIVE_LIMITS.eventKeysMax) return TOO_MANY;
  return undefined;
}

/** Parses text that was decoded from the bytes. No JSON parses to `undefined`: that stands for what is not JSON. */
function parse(text: string, bytes: Buffer, start: number, end: number): unknown {
  // Decoding put U+FFFD where the bytes were no UTF-8; a sender may mean one, so only then are the bytes checked.
  if (text.includes(REPLACEMENT_CHARACTER) && !isUtf8(bytes.subarray(start, end))) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function tooManyEvents(eventsMax: number): Failure {
  return { code: 'too_many_events', message: `At most ${eventsMax} events at a time.`, limit: eventsMax };
}

function unreadable(reason: Rejection['reason'], message: string, limit?: number): Rejection {
  return limit === undefined ? { reason, field: '', message } : { reason, field: '', limit, message };
}
