import { isUtf8 } from 'node:buffer';
import { EVENT_LIMITS } from '../../../src/event/limits.ts';
import type { Rejection } from '../../../src/event/rejection.ts';
import { isNamed, NOT_AN_OBJECT } from '../dialects/dialect.ts';
import { RECEIVE_LIMITS } from '../limits.ts';
import { JsonScanner } from './json-scanner.ts';
import { parseJson } from './parse-json.ts';

/** What one object may be at most. */
export interface ObjectLimits {
  readonly bytesMax: number;
  readonly keysMax: number;
}

export const ONE_EVENT: ObjectLimits = {
  bytesMax: EVENT_LIMITS.eventBytesMax,
  keysMax: RECEIVE_LIMITS.eventKeysMax,
};

const OPEN_BRACE = 0x7b;

/**
 * The one JSON object that a body is, or why it is none. Size, depth and keys are checked before anything is parsed. For
 * dialects that know neither arrays nor lines.
 */
export function readObject(bytes: Buffer, limits: ObjectLimits): Readonly<Record<string, unknown>> | Rejection {
  if (bytes.length > limits.bytesMax) return over('too_large', 'The body is over the limit of bytes.', limits.bytesMax);
  const scanner = new JsonScanner(bytes, 0, bytes.length);
  if (scanner.peek() !== OPEN_BRACE) return NOT_AN_OBJECT;
  scanner.skipValue();
  if (scanner.depth > EVENT_LIMITS.bodyDepthMax) {
    return over('too_deep', 'The body nests deeper than the limit.', EVENT_LIMITS.bodyDepthMax);
  }
  if (scanner.keys > limits.keysMax) return over('too_many', 'The body has more keys than the limit.', limits.keysMax);
  if (!isUtf8(bytes)) return BAD_JSON;
  try {
    const value = parseJson(bytes.toString('utf8'));
    return isNamed(value) ? value : NOT_AN_OBJECT;
  } catch {
    return BAD_JSON;
  }
}

const BAD_JSON: Rejection = { reason: 'bad_json', field: '', message: 'Not valid JSON in UTF-8.' };

function over(reason: Rejection['reason'], message: string, limit: number): Rejection {
  return { reason, field: '', limit, message };
}
