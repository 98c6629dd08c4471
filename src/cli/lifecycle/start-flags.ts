import { resolve } from 'node:path';
import { type Interfaces, Flags as OclifFlags } from '@oclif/core';
import type { Flags } from '../../config/sources.ts';
import { TrackflowError } from '../../errors/error.ts';
import { durationFlag } from '../flags.ts';

/** Flags of `start` and `restart` that stand for a setting. The settings check the values, so that one place does. */
const SETTING_FLAGS = {
  port: { key: 'listen.port', summary: 'Port of the collector; 0 picks a free one and keeps it.', helpValue: 'N' },
  host: { key: 'listen.host', summary: 'Address the collector listens on.', helpValue: 'ADDRESS' },
  engine: {
    key: 'engine.kind',
    summary: 'Where ClickHouse runs: embedded, docker, cluster or url.',
    helpValue: 'KIND',
  },
  image: { key: 'engine.image', summary: 'Image for --engine docker and cluster.', helpValue: 'NAME' },
  'engine-url': { key: 'engine.url', summary: 'ClickHouse over HTTP or HTTPS, for --engine url.', helpValue: 'URL' },
  'engine-user': { key: 'engine.user', summary: 'User for --engine url.', helpValue: 'USER' },
  'engine-password-file': { key: 'engine.passwordFile', summary: 'File with its password, 0600.', helpValue: 'FILE' },
  store: {
    key: 'store.url',
    summary: 'PostgreSQL that keeps the events instead of ClickHouse, without a password.',
    helpValue: 'URL',
  },
  'store-password-file': { key: 'store.passwordFile', summary: 'File with its password, 0600.', helpValue: 'FILE' },
  strategy: {
    key: 'flush.strategy',
    summary: 'When batches are sent to ClickHouse: hybrid, immediate, time, size, memory or adaptive.',
    helpValue: 'NAME',
  },
  'accounts-from': {
    key: 'access.accountsFrom',
    summary: 'PostgreSQL whose table has the accounts, without a password.',
    helpValue: 'URL',
  },
  'log-level': {
    key: 'log.level',
    summary: 'Least level that is logged: debug, info, warn or error.',
    helpValue: 'LEVEL',
  },
} as const;

const FILES: readonly string[] = ['engine.passwordFile', 'store.passwordFile'];

type SettingFlag = keyof typeof SETTING_FLAGS;

export const START_FLAGS = {
  ...(Object.fromEntries(
    Object.entries(SETTING_FLAGS).map(([name, { summary, helpValue }]) => [
      name,
      OclifFlags.string({ summary, helpValue }),
    ]),
  ) as Record<SettingFlag, Interfaces.OptionFlag<string | undefined>>),
  set: OclifFlags.string({
    summary: 'Any setting, as in config show.',
    helpValue: 'KEY=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  wait: OclifFlags.boolean({ summary: 'Return when it is ready.', allowNo: true, default: true }),
  timeout: durationFlag({
    summary: 'Time to become ready; then it is stopped again.',
    default: 60_000,
    defaultHelp: async () => '60s',
  }),
};

/** What was typed, by setting key. Throws TF_USAGE for a `--set` without `=`. */
export function settingsFrom(
  flags: Partial<Record<SettingFlag, string | undefined>> & { readonly set?: readonly string[] | undefined },
): Flags {
  const given: Record<string, unknown> = {};
  for (const [name, { key }] of Object.entries(SETTING_FLAGS)) {
    const value = flags[name as SettingFlag];
    if (value === undefined) continue;
    // Typed here, read by a daemon that works elsewhere.
    given[key] = FILES.includes(key) ? resolve(value) : value;
  }
  return { ...given, ...assignmentsOf(flags.set ?? [], '--set ') };
}

/** Values by key of `KEY=VALUE` as typed. Throws TF_USAGE without `=`. */
export function assignmentsOf(assignments: readonly string[], flag = ''): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new TrackflowError('TF_USAGE', `${flag}${assignment} has no KEY=VALUE, like flush.ageMsMax=2s`);
    given[assignment.slice(0, at)] = assignment.slice(at + 1);
  }
  return given;
}
