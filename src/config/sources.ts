import { closeSync, openSync, readSync } from 'node:fs';
import { TrackflowError } from '../errors/error.ts';
import { errnoOf, fileError } from '../errors/file-error.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import type { Setting } from './settings.ts';

/** `cluster`: this home has one (`trackflow cluster up`). */
export type Origin = 'flag' | 'env' | 'file' | 'cluster' | 'default';

/** Values of flags by setting key: text as typed, or already a number, boolean or list. */
export type Flags = Readonly<Record<string, unknown>>;

/** One value as a source gave it. `from` is what the person would have to change. */
export interface Given {
  readonly value: unknown;
  readonly origin: Exclude<Origin, 'default'>;
  readonly from: string;
}

type Settings = ReadonlyMap<string, Setting>;
/** What a source gave, by key, and a sentence for each thing in it that is no setting. */
interface Source {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly string[];
}

/** A configuration file is a page, not a data set. */
export const CONFIG_FILE_BYTES_MAX = 1024 * 1024;

/** Flags that `trackflow start` was given, as it hands them to the daemon. Throws TF_CONFIG when they are not JSON. */
export function flagsFromEnvironment(env: Environment): Flags {
  const text = env[FLAGS_VARIABLE];
  if (!text) return {};
  const parsed = parseJson(text, FLAGS_VARIABLE);
  if (!isObject(parsed)) throw new TrackflowError('TF_CONFIG', `${FLAGS_VARIABLE} is not a JSON object`);
  return parsed;
}

export const FLAGS_VARIABLE = 'TRACKFLOW_FLAGS';

/** Flags, by setting key. */
export function readFlags(flags: Flags, settings: Settings): Source {
  const given = new Map<string, Given>();
  const problems: string[] = [];
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    if (settings.has(key)) given.set(key, { value, origin: 'flag', from: `the flag for ${key}` });
    else problems.push(unknown('setting', key, settings.keys()));
  }
  return { given, problems };
}

/** `TRACKFLOW_…` variables. An empty one counts as not set (`${PORT:-}` of compose files). */
export function readEnvironment(env: Environment, settings: Settings): Source {
  const byName = new Map([...settings.values()].map((setting) => [setting.env, setting.key]));
  const given = new Map<string, Given>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('TRACKFLOW_') || !value) continue;
    const key = byName.get(name);
    if (key !== undefined) given.set(key, { value, origin: 'env', from: name });
    else if (!isForOthers(name, value)) problems.push(unknown('variable', name, byName.keys()));
  }
  return { given, problems };
}

/** `trackflow.json`: nested sections. A missing file gives nothing. Throws when it cannot be read or is not JSON. */
export function readConfigFile(path: string, settings: Settings): Source {
  const text = readBounded(path);
  if (text === undefined) return { given: new Map(), problems: [] };
  const parsed = parseJson(text, path);
  if (!isObject(parsed)) throw new TrackflowError('TF_CONFIG', `${path} must hold one JSON object`);
  const given = new Map<string, Given>();
  const problems: string[] = [];
  const sections = new Set([...settings.keys()].map((key) => key.split('.')[0]!));
  for (const [section, content] of Object.entries(parsed)) {
    if (section === '$schema') continue;
    if (!sections.has(section)) {
      const known = section.includes('.') ? settings.keys() : sections;
      const nesting = section.includes('.') ? '; write sections as nested objects' : '';
      problems.push(`${path}: ${unknown('key', section, known)}${nesting}`);
    } else if (!isObject(content)) {
      problems.push(`${path}: ${section} must be an object, not ${JSON.stringify(content)}`);
    } else {
      for (const [name, value] of Object.entries(content)) {
        const key = `${section}.${name}`;
        if (settings.has(key)) given.set(key, { value, origin: 'file', from: path });
        else problems.push(`${path}: ${unknown('key', key, settings.keys())}`);
      }
    }
  }
  return { given, problems };
}

/**
 * `TRACKFLOW_` variables that are not settings: ours for other purposes, oclif's, and those that Kubernetes and Docker
 * links make up for a service that is called trackflow (`TRACKFLOW_PORT=tcp://10.0.0.1:8080`).
 */
function isForOthers(name: string, value: string): boolean {
  return OTHER_VARIABLES.test(name) || SERVICE_LINK.test(name) || (name.endsWith('_PORT') && value.includes('://'));
}

const OTHER_VARIABLES =
  /^TRACKFLOW_(HOME|FLAGS|TEST_.+|CACHE_DIR|CONFIG_DIR|DATA_DIR|BINPATH|NPM_REGISTRY|DEBUG|DISABLE_THEME|CONTENT_TYPE|S3_BUCKET|SKIP_.+)$/;
const SERVICE_LINK = /^TRACKFLOW_(.+_)?(SERVICE_(HOST|PORT(_.+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

function unknown(what: string, given: string, known: Iterable<string>): string {
  const near = nearest(given, known);
  return `unknown ${what} ${JSON.stringify(given)}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function readBounded(path: string): string | undefined {
  const buffer = Buffer.alloc(CONFIG_FILE_BYTES_MAX + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(file, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw fileError(cause, 'read the configuration', path);
  }
  if (length <= CONFIG_FILE_BYTES_MAX) return buffer.toString('utf8', 0, length);
  throw new TrackflowError('TF_CONFIG', `${path} is larger than ${CONFIG_FILE_BYTES_MAX} bytes`);
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new TrackflowError('TF_CONFIG', `${from} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
