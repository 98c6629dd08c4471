import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { prepareHome } from '../../config/home.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { settings } from '../../config/settings.ts';
import { TrackflowError } from '../../errors/error.ts';
import { terminalJson, terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { assignmentsOf } from '../lifecycle/start-flags.ts';
import { configReport, type SettingReport, valueOfKey } from './report.ts';
import { readObject, writeObject } from './settings-file.ts';

/** Of `config set` and `config unset`. */
export interface ConfigChange {
  readonly schema: 'trackflow.config-change/1';
  readonly file: string;
  readonly changed: boolean;
  /** What the next start has of the keys that were named, and from where: the environment goes before the file. */
  readonly settings: readonly Pick<SettingReport, 'key' | 'value' | 'origin' | 'env'>[];
}

type Sections = Record<string, Record<string, unknown> | undefined>;

/**
 * Writes settings (`KEY=VALUE`) into the file of the instance, beside what stands there: all of them or none. Throws
 * TF_CONFIG for a key that is none, a value that is not allowed, or a configuration that would not start with them.
 */
export function setConfig(instance: Instance, assignments: readonly string[]): ConfigChange {
  const { home, env, paths } = instance;
  const known = settings();
  const typed = Object.entries(assignmentsOf(assignments)).map(([key, text]): [string, string] => [
    key,
    // Typed here, read by a daemon that works elsewhere.
    known.get(key)?.kind === 'file' && text !== '' ? resolve(text) : text,
  ]);
  const resolved = withoutFlags(() => resolveConfig({ home, env, flags: Object.fromEntries(typed) }));
  const sections = read(paths.config);
  let changed = false;
  for (const [key, text] of typed) {
    const value = valueOfKey(resolved, key);
    if (key === 'engine.url' && value !== text) {
      throw new TrackflowError('TF_CONFIG', 'engine.url holds a password; put it into a file: engine.passwordFile');
    }
    const [section, name] = key.split('.') as [string, string];
    changed ||= JSON.stringify(sections[section]?.[name]) !== JSON.stringify(value);
    sections[section] = { ...sections[section], [name]: value };
  }
  return write(instance, sections, changed, Object.keys(Object.fromEntries(typed)));
}

/** Takes settings out of the file, so that their defaults hold. Throws TF_CONFIG for a key that is none. */
export function unsetConfig(instance: Instance, keys: readonly string[]): ConfigChange {
  const known = settings();
  const unknown = Object.fromEntries(keys.filter((key) => !known.has(key)).map((key) => [key, '']));
  // Refuses with the nearest name.
  if (Object.keys(unknown).length > 0) resolveConfig({ home: instance.home, env: instance.env, flags: unknown });
  const sections = read(instance.paths.config);
  let changed = false;
  for (const key of keys) {
    const [section, name] = key.split('.') as [string, string];
    if (sections[section]?.[name] === undefined) continue;
    const { [name]: _, ...rest } = sections[section];
    sections[section] = Object.keys(rest).length === 0 ? undefined : rest;
    changed = true;
  }
  return write(instance, sections, changed, keys);
}

export function configChangeScreen({ settings, changed, file }: ConfigChange, instance: Instance): string {
  const lines = settings.flatMap(({ key, value, origin, env }) => [
    `${key} is ${terminalJson(value)}${changed ? '' : ' already'}`,
    ...(origin === 'env' ? [`  ${env} in the environment goes before the file`] : []),
  ]);
  lines.push(`  file: ${terminalText(file)}`);
  if (changed) lines.push(`  a running daemon has it after: ${instance.commandLine('restart')}`);
  return lines.join('\n');
}

function write(instance: Instance, sections: Sections, changed: boolean, keys: readonly string[]): ConfigChange {
  const file = instance.paths.config;
  if (changed) {
    prepareHome(instance.home);
    writeObject(file, sections);
  }
  const present = new Map(configReport(instance).settings.map((setting) => [setting.key, setting]));
  const named = keys.map((key) => {
    const { value, origin, env } = present.get(key)!;
    return { key, value, origin, env };
  });
  return { schema: 'trackflow.config-change/1', file, changed, settings: named };
}

function read(path: string): Sections {
  return existsSync(path) ? ({ ...readObject(path) } as Sections) : {};
}

/** The values were no flags of a start: the message says what they are and what is allowed. */
function withoutFlags<Value>(resolved: () => Value): Value {
  try {
    return resolved();
  } catch (cause) {
    if (!(cause instanceof TrackflowError)) throw cause;
    const message = cause.message.replace(/ \(from the flag for [\w.]+\)/g, '');
    throw new TrackflowError(cause.code, message, { hints: cause.hints, cause });
  }
}
