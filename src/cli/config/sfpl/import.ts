import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { resolveConfig } from '../../../config/resolve.ts';
import { CONFIG_FILE_BYTES_MAX } from '../../../config/sources.ts';
import { TrackflowError } from '../../../errors/error.ts';
import { fileError } from '../../../errors/file-error.ts';
import { terminalText } from '../../../terminal/text.ts';
import type { Instance } from '../../instance.ts';
import { table } from '../../terminal/table.ts';
import { type Fate, KEYS } from './keys.ts';
import { fateOfService } from './notify.ts';

export interface ImportedKey {
  /** As it stands in that file; an entry of a list with its number. */
  readonly key: string;
  readonly fate: Fate['fate'];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly note: string;
}

export interface ImportDocument {
  readonly schema: 'trackflow.config-import/1';
  readonly from: string;
  /** Where the settings were written; null with `--dry-run`. */
  readonly file: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly keys: readonly ImportedKey[];
}

const FILE_MODE = 0o600;

/**
 * Maps a `config.json` of sfproductlabs/tracker to settings and writes them into the file of the instance, beside what stands
 * there; what stands there goes before what is imported unless `overwrite`. Says of every key what became of it.
 * Throws TF_INPUT when the file is none of that tracker, TF_CONFIG when the result is not valid (nothing is written then).
 */
export function importConfig(
  { home, env, paths }: Instance,
  from: string,
  options: { readonly dryRun: boolean; readonly overwrite: boolean },
): ImportDocument {
  const keys = Object.entries(readObject(from)).flatMap(([key, value]) => fatesOf(key, value));
  const imported = Object.assign({}, ...keys.map(({ settings }) => settings)) as Record<string, unknown>;
  const existing = existsSync(paths.config) ? readObject(paths.config) : {};
  const merged = merge(existing, imported, options.overwrite);
  // Checked as a start would check it, before anything is written.
  resolveConfig({ home, env, flags: imported });
  if (!options.dryRun) writeWhole(paths.config, `${JSON.stringify(merged, null, 2)}\n`);
  return {
    schema: 'trackflow.config-import/1',
    from,
    file: options.dryRun ? null : paths.config,
    settings: imported,
    keys,
  };
}

export function importScreen({ keys, file, settings }: ImportDocument): string {
  const rows = keys.map(({ key, fate, settings: becomes, note }) => [
    key,
    fate,
    [...Object.entries(becomes).map(([name, value]) => `${name} = ${JSON.stringify(value)}`), note]
      .filter(Boolean)
      .join('; '),
  ]);
  const done = `${Object.keys(settings).length} settings ${file === null ? 'would be written' : `are in ${terminalText(file)}`}`;
  return `${table([{ title: 'KEY' }, { title: 'BECOMES' }, { title: 'AND' }], rows)}\n\n${done}`;
}

function fatesOf(key: string, value: unknown): ImportedKey[] {
  if (key === 'Notify') {
    const entries = Array.isArray(value) ? value : [value];
    return entries.map((entry, index) => reportOf(`Notify[${index}]`, fateOfService(entry)));
  }
  const fate = KEYS.get(key)?.(value) ?? ({ fate: 'unknown', note: 'this key is none of that tracker' } as const);
  return [reportOf(key, fate)];
}

function reportOf(key: string, fate: Fate): ImportedKey {
  return {
    key,
    fate: fate.fate,
    settings: fate.fate === 'imported' ? fate.settings : {},
    note: fate.note ?? '',
  };
}

/** A settings file with `imported` (dotted keys) in it. */
function merge(
  existing: Readonly<Record<string, unknown>>,
  imported: Readonly<Record<string, unknown>>,
  overwrite: boolean,
): object {
  const merged: Record<string, Record<string, unknown>> = structuredClone(existing) as never;
  for (const [key, value] of Object.entries(imported)) {
    const [section, name] = key.split('.') as [string, string];
    merged[section] ??= {};
    const into = merged[section];
    if (overwrite || !Object.hasOwn(into, name)) into[name] = value;
  }
  return merged;
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > CONFIG_FILE_BYTES_MAX) {
      throw new TrackflowError(
        'TF_INPUT',
        `${path} has ${size} bytes; a configuration has at most ${CONFIG_FILE_BYTES_MAX}`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof TrackflowError) throw cause;
    throw fileError(cause, 'read', path);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TrackflowError('TF_INPUT', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TrackflowError('TF_INPUT', `${path} is no JSON object`);
}

/** All of it or nothing, also when the machine ends in between. */
function writeWhole(path: string, text: string): void {
  const partial = `${path}.new`;
  try {
    const file = openSync(partial, 'w', FILE_MODE);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}
