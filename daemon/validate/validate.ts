import { type Event, emptyEvent } from '../../src/event/event.ts';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import { FIELDS, type Field } from './fields.ts';
import type { EventHints } from './hints.ts';
import { readRevenue } from './money.ts';
import { addProperties, addProperty, propertiesText } from './properties.ts';
import { reject, wrongType } from './reject.ts';
import { readText } from './text.ts';
import { readTime } from './time.ts';
import { canonicalUuid } from './uuid.ts';

const CURRENCY_LETTERS = 3;
const COUNTRY_LETTERS = 2;

/**
 * A raw event in canonical wire names to an `Event`, or the first reason why not. Pure but for `hints`, which it
 * overwrites with what enrich needs besides the row.
 *
 * Only `name` is required. Top-level names that are no field become properties (what stands in `properties` itself wins),
 * so a sender that writes everything flat loses nothing. Null counts as absent.
 */
export function validate(raw: unknown, hints: EventHints): Event | Rejection {
  hints.clear();
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { reason: 'not_an_object', field: '', message: 'an event is a JSON object' };
  }
  const event = emptyEvent();
  const rejection = readFields(raw as Record<string, unknown>, event, hints);
  if (rejection !== undefined) return rejection;

  const properties = propertiesText(hints.leaves);
  if (typeof properties !== 'string') return properties;
  event.properties = properties;
  if (event.name === '') return reject('missing', 'name', 'is missing; it says what happened, like pageview');
  if (event.account === '') event.account = DEFAULT_ACCOUNT;
  return event;
}

function readFields(raw: Record<string, unknown>, event: Event, hints: EventHints): Rejection | undefined {
  let properties: unknown;
  for (const key in raw) {
    const field = FIELDS.get(key);
    let rejection: Rejection | undefined;
    if (field === undefined) rejection = foldProperty(key, raw[key], hints);
    else if (field.kind === 'properties') properties = raw[key];
    else rejection = readField(field, raw[key], event, hints);
    if (rejection !== undefined) return rejection;
  }
  return properties === undefined ? undefined : addProperties(properties, hints.leaves);
}

function foldProperty(key: string, value: unknown, hints: EventHints): Rejection | undefined {
  hints.leaves.mayCollide = true;
  return addProperty(key, value, hints.leaves);
}

function readField(field: Field, value: unknown, event: Event, hints: EventHints): Rejection | undefined {
  switch (field.kind) {
    case 'text': {
      const text = readText(value, field.name, field.maxBytes);
      if (typeof text !== 'string') return text;
      event[field.name] = text;
      return undefined;
    }
    case 'claim': {
      const text = readText(value, field.name, field.maxBytes);
      if (typeof text !== 'string') return text;
      hints[field.claim] = text;
      return undefined;
    }
    case 'event_id':
      return readEventId(value, event);
    case 'currency': {
      const code = readCode(value, 'currency', CURRENCY_LETTERS, 'EUR');
      if (typeof code !== 'string') return code;
      event.currency = code;
      return undefined;
    }
    case 'country': {
      const code = readCode(value, 'country', COUNTRY_LETTERS, 'DE');
      if (typeof code !== 'string') return code;
      hints.country = code;
      return undefined;
    }
    case 'occurred_at': {
      const time = readTime(value, 'occurred_at');
      if (typeof time !== 'number') return time;
      event.occurred_at = time;
      return undefined;
    }
    case 'revenue': {
      const units = readRevenue(value, 'revenue');
      if (typeof units !== 'number') return units;
      event.revenue = units;
      return undefined;
    }
    case 'properties':
      return undefined;
  }
}

function readEventId(value: unknown, event: Event): Rejection | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return wrongType('event_id', 'the text of a UUID', value);
  const id = canonicalUuid(value);
  if (id === '') return reject('bad_format', 'event_id', 'is not a UUID of 36 characters');
  event.event_id = id;
  event.has_client_id = true;
  return undefined;
}

/** A code of `count` letters in upper case, empty when absent. */
function readCode(value: unknown, field: string, count: number, example: string): string | Rejection {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value !== 'string') return wrongType(field, 'text', value);
  for (let index = 0; index < value.length; index++) {
    const letter = value.charCodeAt(index) | 0x20; // lower case
    if (letter < 0x61 || letter > 0x7a || index === count) return notCode(field, count, example);
  }
  return value.length === count ? value.toUpperCase() : notCode(field, count, example);
}

function notCode(field: string, count: number, example: string): Rejection {
  return reject('bad_format', field, `is not a code of ${count} letters like ${example}`);
}
