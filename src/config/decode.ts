import { isAbsolute, join } from 'node:path';
import { parseBytes, parseDurationMs } from './quantity.ts';
import type { Setting } from './settings.ts';
import type { Given } from './sources.ts';

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/**
 * A value in the type of its setting. The environment and flags have only text, so there numbers, booleans and lists
 * are read from it; in the file text stands only for sizes and durations. What does not fit is returned as it is, for
 * the schema to refuse. A relative file is taken from `home`, whoever asks and from wherever.
 */
export function decode(setting: Setting, given: Given, home: string): unknown {
  const { value } = given;
  if (typeof value !== 'string') return value;
  if (setting.kind === 'bytes') return parseBytes(value) ?? value;
  if (setting.kind === 'ms') return parseDurationMs(value) ?? value;
  if (setting.kind === 'file') return value === '' || isAbsolute(value) ? value : join(home, value);
  return given.origin === 'file' ? value : decodeText(setting, value.trim());
}

function decodeText(setting: Setting, text: string): unknown {
  if (setting.kind === 'integer') return /^-?\d{1,16}$/.test(text) ? Number(text) : text;
  if (setting.kind === 'list')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  if (setting.kind !== 'boolean') return text;
  if (TRUE.includes(text.toLowerCase())) return true;
  return FALSE.includes(text.toLowerCase()) ? false : text;
}
