import { randomUUID } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import { AGREEMENTS, type Agreement } from '../../src/event/tables/agreement.ts';
import { reject, rejectOver } from './reject.ts';
import { exceedsBytes, readText } from './text.ts';

type TextColumn = { [Name in keyof Agreement]: Agreement[Name] extends string ? Name : never }[keyof Agreement];

const TEXTS = AGREEMENTS.columns.filter(({ name, blockType }) => blockType === 'String' && name !== 'properties');
const COLUMNS: ReadonlySet<string> = new Set(AGREEMENTS.columns.map(({ name }) => name));
const PROPERTIES_BYTES_MAX = AGREEMENTS.columns.find(({ name }) => name === 'properties')!.maxBytes;

/**
 * A raw agreement in canonical names to a row, or the first reason why not. `visitor_id` and `flags` (a whole number, not
 * negative) are required. Names that are no column go into `properties`.
 */
export function readAgreement(raw: Readonly<Record<string, unknown>>, receivedAt: number): Agreement | Rejection {
  const agreement = emptyAgreement(receivedAt);
  for (const { name, maxBytes } of TEXTS) {
    const text = readText(raw[name], name, maxBytes);
    if (typeof text !== 'string') return text;
    agreement[name as TextColumn] = text;
  }
  if (agreement.visitor_id === '') return reject('missing', 'visitor_id', 'is missing; it says who agreed');
  if (agreement.account === '') agreement.account = DEFAULT_ACCOUNT;
  const flags = typeof raw.flags === 'string' ? Number(raw.flags) : raw.flags;
  if (flags === undefined || flags === null)
    return reject('missing', 'flags', 'is missing; it says what was agreed to');
  if (typeof flags !== 'number' || !Number.isSafeInteger(flags) || flags < 0) {
    return reject('bad_format', 'flags', 'is not a whole number from 0');
  }
  agreement.flags = flags;
  const entries = Object.entries(raw).filter(([name, value]) => !COLUMNS.has(name) && value !== null && value !== '');
  agreement.properties = JSON.stringify(Object.fromEntries(entries));
  if (!exceedsBytes(agreement.properties, PROPERTIES_BYTES_MAX)) return agreement;
  const bytes = Buffer.byteLength(agreement.properties);
  return rejectOver('too_large', 'properties', bytes, PROPERTIES_BYTES_MAX, 'bytes');
}

function emptyAgreement(receivedAt: number): Agreement {
  return {
    agreement_id: randomUUID(),
    has_client_id: false,
    account: '',
    visitor_id: '',
    session_id: '',
    user_id: '',
    received_at: receivedAt,
    flags: 0,
    jurisdiction: '',
    url: '',
    country: '',
    region: '',
    timezone: '',
    language: '',
    browser: '',
    os: '',
    device: '',
    ip: '',
    properties: '{}',
  };
}
