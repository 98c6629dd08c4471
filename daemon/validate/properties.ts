/**
 * The guard of `properties`: from any value that JSON.parse yields to JSON text that ClickHouse's JSON type accepts.
 *
 * The text is flat: nested objects become dotted paths (`{"cart":{"items":2}}` → `{"cart.items":2}`), which is how the JSON
 * type stores them anyway. So one path can be seen to occur once (the last one wins, as in JSON), and enrich can take
 * single leaves out. Always true of what comes out: bounded in depth, keys, lengths and bytes, well-formed Unicode, no number
 * the engine cannot parse. What a limit forbids is a rejection; only null (the JSON type stores none) and the three keys
 * that reach an object's prototype are left out.
 */
import { COLUMNS } from '../../src/event/columns.ts';
import { EVENT_LIMITS } from '../../src/event/limits.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import { Leaves } from './hints.ts';
import { reject, rejectOver, wrongType } from './reject.ts';
import { cleanText, exceedsBytes } from './text.ts';

const {
  propertiesDepthMax: DEPTH_MAX,
  propertiesKeysMax: KEYS_MAX,
  propertyKeyBytesMax: KEY_BYTES_MAX,
  propertyValueBytesMax: VALUE_BYTES_MAX,
  propertyArrayMax: ARRAY_MAX,
} = EVENT_LIMITS;

/** `properties` as JSON text. */
const TEXT_BYTES_MAX = COLUMNS.find((column) => column.name === 'properties')!.maxBytes;
/** Keys looked at in one event: bounds the walk over objects full of nulls, which cost nothing else. */
const VISITS_MAX = 2_000;
/** Takes the place of an empty key, which no query can name. */
const EMPTY_KEY = '_';
/** From here on an integer may not fit 64 bits and is written as a float. */
const INTEGER_END = 2 ** 63;

/** Adds every leaf of the object `properties`. Undefined when all of it is within the limits. */
export function addProperties(value: unknown, leaves: Leaves): Rejection | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return wrongType('properties', 'an object', value);
  return addObject(value as Record<string, unknown>, '', 'properties.', 0, leaves);
}

/** Adds one property, as `addProperties` would: for top-level fields that are none of ours. */
export function addProperty(key: string, value: unknown, leaves: Leaves): Rejection | undefined {
  return addMember(key, value, '', 'properties.', 0, leaves);
}

/** The guarded text, or the rejection when it is longer than the column takes. */
export function propertiesText(leaves: Leaves): string | Rejection {
  if (leaves.count === 0) return '{}';
  const text = joinLeaves(leaves);
  if (!exceedsBytes(text, TEXT_BYTES_MAX)) return text;
  return rejectOver('too_large', 'properties', Buffer.byteLength(text), TEXT_BYTES_MAX, 'bytes');
}

function joinLeaves(leaves: Leaves): string {
  let text = '{';
  for (let index = 0; index < leaves.count; index++) {
    text += `${(index === 0 ? '' : ',') + quote(leaves.paths[index]!)}:${leaves.values[index]!}`;
  }
  return `${text}}`;
}

/** `label` stands before a path in rejections: `properties.`, or `properties.items[].` inside an array. */
function addObject(
  object: Record<string, unknown>,
  prefix: string,
  label: string,
  depth: number,
  leaves: Leaves,
): Rejection | undefined {
  if (depth > DEPTH_MAX) return tooDeep(label + prefix);
  for (const key in object) {
    const rejection = addMember(key, object[key], prefix, label, depth, leaves);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function addMember(
  key: string,
  value: unknown,
  prefix: string,
  label: string,
  depth: number,
  leaves: Leaves,
): Rejection | undefined {
  if (++leaves.visits > VISITS_MAX) return tooManyKeys(leaves.visits, VISITS_MAX);
  if (value === null || value === undefined || isForbidden(key)) return undefined;
  const name = key.includes('.') || key === '' ? normalPath(key, leaves) : key;
  if (name === undefined) return undefined;
  const path = prefix === '' ? name : `${prefix}.${name}`;

  if (typeof value === 'object' && !Array.isArray(value)) {
    leaves.mayCollide = true;
    return addObject(value as Record<string, unknown>, path, label, depth + 1, leaves);
  }
  const clean = cleanText(path);
  if (clean !== path) leaves.mayCollide = true;
  return addLeaf(clean, value, label, depth, leaves);
}

function addLeaf(path: string, value: unknown, label: string, depth: number, leaves: Leaves): Rejection | undefined {
  if (exceedsBytes(path, KEY_BYTES_MAX)) {
    return rejectOver('too_long', label + path, Buffer.byteLength(path), KEY_BYTES_MAX, 'bytes in its name');
  }
  const slot = leaves.mayCollide ? slotOf(path, leaves) : leaves.count;
  if (slot === leaves.count && leaves.count + leaves.nestedCount >= KEYS_MAX)
    return tooManyKeys(KEYS_MAX + 1, KEYS_MAX);
  if (slot < leaves.count) forgetNested(slot, leaves);

  const text = Array.isArray(value)
    ? arrayText(value, path, label, depth + 1, slot, leaves)
    : scalarText(value, path, label);
  if (typeof text !== 'string') return text;
  leaves.paths[slot] = path;
  leaves.values[slot] = text;
  if (slot === leaves.count) leaves.count++;
  leaves.chars += path.length + text.length;
  return leaves.chars > TEXT_BYTES_MAX ? tooLarge(leaves.chars) : undefined;
}

/** Where the leaf goes: over the one of the same path, or behind the last. */
function slotOf(path: string, leaves: Leaves): number {
  for (let index = 0; index < leaves.count; index++) {
    if (leaves.paths[index] === path) return index;
  }
  return leaves.count;
}

function scalarText(value: unknown, path: string, label: string): string | Rejection {
  if (typeof value === 'string') {
    if (!exceedsBytes(value, VALUE_BYTES_MAX)) return quote(value);
    return rejectOver('too_long', label + path, Buffer.byteLength(value), VALUE_BYTES_MAX, 'bytes');
  }
  if (typeof value === 'number') return numberText(value) ?? notFinite(label + path);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return wrongType(label + path, 'a JSON value', value);
}

/** The engine reads integers only within 64 bits and no infinity, which JSON.parse makes of 1e400. */
function numberText(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  return value < INTEGER_END && value > -INTEGER_END ? String(value) : value.toExponential();
}

function arrayText(
  array: readonly unknown[],
  path: string,
  label: string,
  depth: number,
  slot: number,
  leaves: Leaves,
): string | Rejection {
  if (depth > DEPTH_MAX) return tooDeep(label + path);
  if (array.length > ARRAY_MAX) return rejectOver('too_many', label + path, array.length, ARRAY_MAX, 'elements');
  let text = '[';
  for (let index = 0; index < array.length; index++) {
    const element = elementText(array[index], path, label, depth, slot, leaves);
    if (typeof element !== 'string') return element;
    text += index === 0 ? element : `,${element}`;
    if (text.length > TEXT_BYTES_MAX) return tooLarge(text.length);
  }
  return `${text}]`;
}

function elementText(
  value: unknown,
  path: string,
  label: string,
  depth: number,
  slot: number,
  leaves: Leaves,
): string | Rejection {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return arrayText(value, path, label, depth + 1, slot, leaves);
  if (typeof value !== 'object') return scalarText(value, path, label);

  const inner = new Leaves();
  const rejection = addObject(value as Record<string, unknown>, '', `${label}${path}[].`, depth + 1, inner);
  if (rejection !== undefined) return rejection;
  leaves.visits += inner.visits;
  if (leaves.visits > VISITS_MAX) return tooManyKeys(leaves.visits, VISITS_MAX);
  const tooMany = noteNested(inner, path, slot, leaves);
  return tooMany ?? joinLeaves(inner);
}

/** Notes the keys of an object in an array: the engine keeps a column for each of them too. */
function noteNested(inner: Leaves, path: string, slot: number, leaves: Leaves): Rejection | undefined {
  for (let index = 0; index < inner.count + inner.nestedCount; index++) {
    const key = index < inner.count ? inner.paths[index]! : inner.nested[index - inner.count]!;
    const name = `${path}[].${key}`;
    if (hasNested(name, leaves)) continue;
    if (Math.max(leaves.count, slot + 1) + leaves.nestedCount >= KEYS_MAX) return tooManyKeys(KEYS_MAX + 1, KEYS_MAX);
    leaves.nested[leaves.nestedCount] = name;
    leaves.nestedLeaf[leaves.nestedCount++] = slot;
  }
  return undefined;
}

function hasNested(name: string, leaves: Leaves): boolean {
  for (let index = 0; index < leaves.nestedCount; index++) {
    if (leaves.nested[index] === name) return true;
  }
  return false;
}

/** A later value took the leaf's place: the nested keys of the earlier one are gone with it. */
function forgetNested(slot: number, leaves: Leaves): void {
  let kept = 0;
  for (let index = 0; index < leaves.nestedCount; index++) {
    if (leaves.nestedLeaf[index] === slot) continue;
    leaves.nested[kept] = leaves.nested[index]!;
    leaves.nestedLeaf[kept++] = leaves.nestedLeaf[index]!;
  }
  leaves.nestedCount = kept;
}

/** Keys that lead to a prototype in a consumer that merges what it reads. */
function isForbidden(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}

/** A key with dots in it is a path already: each part is held to the same rules. Undefined when one is forbidden. */
function normalPath(key: string, leaves: Leaves): string | undefined {
  leaves.mayCollide = true;
  if (key.length > KEY_BYTES_MAX) return key; // refused by its length in a moment, not worth splitting
  const parts = key.split('.');
  if (parts.some(isForbidden)) return undefined;
  return parts.map((part) => (part === '' ? EMPTY_KEY : part)).join('.');
}

/** `text` as a JSON string. Most texts need no escape, and looking for one is cheaper than JSON.stringify. */
function quote(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(cleanText(text));
  }
  return `"${text}"`;
}

function tooDeep(field: string): Rejection {
  return rejectOver('too_deep', field, DEPTH_MAX + 1, DEPTH_MAX, 'levels');
}

function tooManyKeys(given: number, limit: number): Rejection {
  return rejectOver('too_many', 'properties', given, limit, 'keys');
}

function tooLarge(given: number): Rejection {
  return rejectOver('too_large', 'properties', given, TEXT_BYTES_MAX, 'bytes');
}

function notFinite(field: string): Rejection {
  return reject('out_of_range', field, 'is a number beyond the range of a 64-bit float');
}
