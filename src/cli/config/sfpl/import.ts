import { existsSync } from 'node:fs';
import { resolveConfig } from '../../../config/resolve.ts';
import { terminalText } from '../../../terminal/text.ts';
import type { Instance } from '../../instance.ts';
import { table } from '../../terminal/table.ts';
import { readObject, writeObject } from '../settings-file.ts';
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
  if (!options.dryRun) writeObject(paths.config, merged);
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
