import { existsSync } from 'node:fs';
import { TrackflowError } from '../errors/error.ts';
import { crossChecks, withoutCredentials } from './checks.ts';
import { decode } from './decode.ts';
import type { Environment } from './environment.ts';
import { homePaths } from './home.ts';
import { type Config, configSchema } from './schema.ts';
import { type Setting, settings } from './settings.ts';
import { type Flags, type Given, type Origin, readConfigFile, readEnvironment, readFlags } from './sources.ts';

export type { Flags, Origin } from './sources.ts';
export { flagsFromEnvironment } from './sources.ts';

export interface ResolvedConfig {
  /** Complete and deep-frozen. */
  readonly config: Config;
  /** Where the value of each key came from. */
  readonly origins: Readonly<Record<string, Origin>>;
}

export interface ConfigSources {
  readonly home: string;
  /** By setting key (`listen.port`). */
  readonly flags?: Flags;
  readonly env: Environment;
  /** Another file than `<home>/trackflow.json`. */
  readonly file?: string;
}

/**
 * The configuration of an instance: flags, else environment, else file, else defaults, key by key; the default of
 * `engine.kind` is the cluster that the home has, where it has one. The one function
 * that the daemon and every command use. Throws TF_CONFIG that names every problem at once: the key, the value, what is
 * allowed and where it came from.
 */
export function resolveConfig({ home, flags = {}, env, file }: ConfigSources): ResolvedConfig {
  const known = settings();
  const path = file ?? homePaths(home).config;
  const sources = [readConfigFile(path, known), readEnvironment(env, known), readFlags(flags, known)];
  const given = new Map(sources.flatMap((source) => [...source.given]));
  const problems = sources.flatMap((source) => source.problems);
  const { cluster } = homePaths(home);
  // A home that has a cluster keeps its events there, until somebody says otherwise.
  if (!given.has('engine.kind') && existsSync(cluster)) {
    given.set('engine.kind', { value: 'cluster', origin: 'cluster', from: cluster });
  }

  const parsed = configSchema.safeParse(nest(given, known, home));
  const origins = Object.fromEntries(
    [...known.keys()].map((key): [string, Origin] => [key, given.get(key)?.origin ?? 'default']),
  );
  if (parsed.success) problems.push(...crossChecks(parsed.data, origins));
  else problems.push(...badValues(parsed.error.issues, given, known));

  if (!parsed.success || problems.length > 0) throw configError(problems);
  return { config: deepFreeze(parsed.data), origins: Object.freeze(origins) };
}

function nest(given: ReadonlyMap<string, Given>, known: ReadonlyMap<string, Setting>, home: string): object {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of given) {
    const [section, name] = key.split('.') as [string, string];
    nested[section] ??= {};
    nested[section][name] = decode(known.get(key)!, value, home);
  }
  return nested;
}

function badValues(
  issues: readonly { readonly path: readonly PropertyKey[] }[],
  given: ReadonlyMap<string, Given>,
  known: ReadonlyMap<string, Setting>,
): string[] {
  const keys = new Set(issues.map((issue) => issue.path.slice(0, 2).join('.')));
  return [...keys].map((key) => {
    const { value, from } = given.get(key)!;
    const shown = key === 'engine.url' ? withoutCredentials(String(value)) : value;
    return `${key} is ${JSON.stringify(shown)} (from ${from}); allowed: ${known.get(key)!.allowed}`;
  });
}

function configError(problems: readonly string[]): TrackflowError {
  const [first] = problems;
  const message = problems.length === 1 ? first! : `${problems.length} problems:\n${problems.join('\n')}`;
  return new TrackflowError('TF_CONFIG', message, {
    hints: ['trackflow config show prints every setting, its value and where it comes from'],
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
