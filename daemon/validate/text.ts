import type { Rejection } from '../../src/event/rejection.ts';
import { reject, rejectOver, wrongType } from './reject.ts';

/** UTF-8 needs at most this many bytes for one UTF-16 unit. */
const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * A text field: its text, empty when absent (missing or null). A number becomes its decimal text, because ids are often
 * numbers; one beyond 2^53 has already lost digits in JSON and is refused instead of stored wrong. Case is kept.
 */
export function readText(value: unknown, field: string, bytesMax: number): string | Rejection {
  if (typeof value === 'string') {
    const text = cleanText(value);
    return exceedsBytes(text, bytesMax)
      ? rejectOver('too_long', field, Buffer.byteLength(text), bytesMax, 'bytes')
      : text;
  }
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return wrongType(field, 'text or a number', value);
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    return reject('out_of_range', field, 'is a number beyond 2^53; send it as text to keep every digit');
  }
  return readText(String(value), field, bytesMax);
}

/** Whether `text` takes more than `bytesMax` bytes of UTF-8. Counts only when the length alone cannot tell. */
export function exceedsBytes(text: string, bytesMax: number): boolean {
  if (text.length * UTF8_BYTES_PER_UNIT_MAX <= bytesMax) return false;
  return text.length > bytesMax || Buffer.byteLength(text) > bytesMax;
}

/**
 * Text that every reader downstream can hold: lone surrogates (no UTF-8 for them) and NUL (ends a C string, refused by
 * PostgreSQL) become U+FFFD. Other control characters stay; whoever shows a text escapes it.
 */
export function cleanText(text: string): string {
  if (text.isWellFormed() && !text.includes('\0')) return text;
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
