import { z } from 'zod';
import { configSchema } from './schema.ts';

export type SettingKind = 'integer' | 'bytes' | 'ms' | 'boolean' | 'string' | 'file' | 'list';

/** One key of the configuration as people meet it: in the file, the environment, `config show` and error messages. */
export interface Setting {
  /** Dotted path in `trackflow.json`. */
  readonly key: string;
  readonly env: string;
  readonly kind: SettingKind;
  readonly meaning: string;
  readonly fallback: unknown;
  /** What a value may be, for error messages. */
  readonly allowed: string;
}

/** Every setting by key, in the order of the schema. */
export function settings(): ReadonlyMap<string, Setting> {
  const found = new Map<string, Setting>();
  collect(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, '', found);
  return found;
}

/** `spool.bytesMax` → `TRACKFLOW_SPOOL_BYTES_MAX`. */
export function environmentName(key: string): string {
  return `TRACKFLOW_${key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** The part of JSON Schema that the configuration uses. */
interface JsonSchema {
  readonly type: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: 'bytes' | 'ms' | 'file';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

function collect(schema: JsonSchema, prefix: string, into: Map<string, Setting>): void {
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const key = `${prefix}${name}`;
    if (part.properties !== undefined) collect(part, `${key}.`, into);
    else into.set(key, settingOf(key, part));
  }
}

function settingOf(key: string, part: JsonSchema): Setting {
  const kind = part.unit ?? (part.type === 'array' ? 'list' : (part.type as SettingKind));
  return {
    key,
    env: environmentName(key),
    kind,
    meaning: part.description ?? '',
    fallback: part.default,
    allowed: allowedOf(kind, part),
  };
}

function allowedOf(kind: SettingKind, part: JsonSchema): string {
  if (part.enum !== undefined) return `one of ${part.enum.join(', ')}`;
  if (kind === 'integer') return `a whole number ${rangeOf(part)}`;
  if (kind === 'bytes') return `bytes or a size like 512MiB, ${rangeOf(part)}`;
  if (kind === 'ms') return `milliseconds or a duration like 2s, ${rangeOf(part)}`;
  if (kind === 'boolean') return 'true or false';
  if (kind === 'list') return 'a list, in the environment separated by commas';
  if (kind === 'file') return 'the path of a file';
  return part.pattern === undefined ? 'a text' : `a text that matches ${part.pattern}`;
}

function rangeOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  return maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
}
