import { existsSync } from 'node:fs';
import { withoutCredentials } from '../../config/checks.ts';
import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import { settings } from '../../config/settings.ts';
import type { Origin } from '../../config/sources.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';

export interface SettingReport {
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
  readonly fallback: unknown;
  readonly env: string;
  readonly meaning: string;
  readonly allowed: string;
}

export interface ConfigReport {
  readonly schema: 'trackflow.config/1';
  readonly home: string;
  readonly file: string;
  readonly settings: readonly SettingReport[];
}

/** Every setting with its value and origin, as the next start would see them. Throws TF_CONFIG. */
export function configReport({ home, env, paths }: Instance): ConfigReport {
  const resolved = resolveConfig({ home, env });
  const reports = [...settings().values()].map(
    ({ key, fallback, env: variable, meaning, allowed }): SettingReport => ({
      key,
      value: valueOfKey(resolved, key),
      origin: resolved.origins[key]!,
      fallback,
      env: variable,
      meaning,
      allowed,
    }),
  );
  return { schema: 'trackflow.config/1', home, file: paths.config, settings: reports };
}

export interface ConfigPathReport {
  readonly schema: 'trackflow.config-path/1';
  readonly path: string;
  readonly exists: boolean;
}

export function configPathReport({ paths }: Instance): ConfigPathReport {
  return { schema: 'trackflow.config-path/1', path: paths.config, exists: existsSync(paths.config) };
}

export interface ConfigValidation {
  readonly schema: 'trackflow.config-validation/1';
  readonly ok: true;
  readonly file: string;
  readonly exists: boolean;
  /** Settings that the file itself gives. */
  readonly given: readonly string[];
}

/** Checks a file as a start would, together with the environment. Throws TF_CONFIG with every problem in it. */
export function validateConfig({ home, env, paths }: Instance, file: string | undefined): ConfigValidation {
  const path = file ?? paths.config;
  const exists = existsSync(path);
  if (file !== undefined && !exists) {
    throw new TrackflowError('TF_CONFIG', `there is no file ${file}`, { hints: ['trackflow config path'] });
  }
  const { origins } = resolveConfig({ home, env, file: path });
  const given = Object.keys(origins).filter((key) => origins[key] === 'file');
  return { schema: 'trackflow.config-validation/1', ok: true, file: path, exists, given };
}

/** The value of a setting as it may be shown: of the URL of an engine without its password. */
export function valueOfKey({ config }: Pick<ResolvedConfig, 'config'>, key: string): unknown {
  const [section, name] = key.split('.') as [keyof typeof config, string];
  const value = (config[section] as Readonly<Record<string, unknown>>)[name];
  return key === 'engine.url' && value !== '' ? withoutCredentials(String(value)) : value;
}
