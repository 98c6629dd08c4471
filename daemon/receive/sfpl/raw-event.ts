import {
  AD_IDS,
  COLUMN_OF,
  isTextName,
  JSON_VALUES,
  NUMBERS,
  PERSONAL,
  UNNAMED,
} from '../../../src/event/sfpl/names.ts';
import type { Decision } from './consent.ts';
import { fromJson, guess } from './guess.ts';
import { type Params, textOf } from './params.ts';
import { bounded, countryOf } from './place.ts';

/** An event in canonical names, as the road takes it. */
export type RawEvent = Record<string, unknown>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const WHO = ['visitor_id', 'session_id', 'user_id'] as const;

/**
 * A hit in canonical names. What has no column is a property; what the decision forbids is left out. `fallbackName` names an
 * event that has neither name, content nor type.
 */
export function rawEventOf(params: Params, { store, adIds }: Decision, fallbackName = UNNAMED): RawEvent {
  const raw: RawEvent = Object.create(null);
  const named: Record<string, unknown> = Object.create(null);
  const extra: Record<string, unknown> = Object.create(null);
  const isPersonal = (name: string) => (store !== 'keep' && PERSONAL.has(name)) || (!adIds && AD_IDS.has(name));
  for (const [name, value] of params) {
    if (isPersonal(name)) continue;
    const column = COLUMN_OF.get(name);
    if (column !== undefined) raw[column] = value;
    else if (name === 'params') addParams(extra, value);
    else if (!setColumn(raw, params, name, value)) named[name] = propertyOf(name, value);
  }
  raw.name ??= takeContent(raw) ?? raw.type ?? fallbackName;
  if (store === 'anonymize') for (const name of WHO) delete raw[name];
  // What is named itself goes before what stands in `params`.
  raw.properties = Object.assign(extra, named);
  return raw;
}

/** Names with a rule of their own. False: it is a property after all. */
function setColumn(raw: RawEvent, params: Params, name: string, value: unknown): boolean {
  switch (name) {
    case 'eid':
      if (typeof value !== 'string' || !UUID.test(value)) return false;
      raw.event_id = value;
      return true;
    case 'content':
      raw.utm_content = value;
      return true;
    case 'currency':
      if (typeof value !== 'string' || !/^[a-z]{3}$/i.test(value)) return false;
      raw.currency = value;
      return true;
    case 'culture':
      raw.language = typeof value === 'string' ? value.split(/[,;]/, 1)[0]!.trim() : value;
      return true;
    // Columns that the place of the hit fills.
    case 'country':
      return countryOf(textOf(params, name)) !== '';
    case 'region':
    case 'city':
      return bounded(textOf(params, name)) !== '';
    case 'w':
    case 'h': {
      const [width, height] = [textOf(params, 'w'), textOf(params, 'h')];
      if (!/^\d{1,5}$/.test(width) || !/^\d{1,5}$/.test(height)) return false;
      raw.screen = `${width}x${height}`;
      return true;
    }
    default:
      return false;
  }
}

/** `content` of an event without a name is its name. */
function takeContent(raw: RawEvent): unknown {
  const content = raw.utm_content;
  delete raw.utm_content;
  return content;
}

function addParams(extra: Record<string, unknown>, value: unknown): void {
  const given = typeof value === 'string' ? fromJson(value) : value;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    extra.params = value;
    return;
  }
  for (const [name, one] of Object.entries(given)) extra[name] = typeof one === 'string' ? guess(one) : one;
}

function propertyOf(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || isTextName(name)) return value;
  if (NUMBERS.has(name)) return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Number(value) : value;
  return JSON_VALUES.has(name) ? (fromJson(value) ?? value) : guess(value);
}
