import type { ResolvedConfig } from '../../config/resolve.ts';
import { terminalJson } from '../../terminal/text.ts';
import { valueOfKey } from '../config/report.ts';
import { type Instance, shellWord } from '../instance.ts';

/** Settings of which the values are told; of more there are only the names. */
const SHOWN_MAX = 3;

/** What a restart changes: `listen.port 18080 → 8080`. */
export function changeText(keys: readonly string[], running: ResolvedConfig, wanted: ResolvedConfig): string {
  const shown = (config: ResolvedConfig, key: string) => terminalJson(valueOfKey(config, key));
  if (keys.length > SHOWN_MAX) return keys.join(', ');
  return keys.map((key) => `${key} ${shown(running, key)} → ${shown(wanted, key)}`).join(', ');
}

/** The keys that only a flag of the last start gave the running daemon, so that the next start has them otherwise. */
export function flagsToForget(differs: readonly string[], running: ResolvedConfig, wanted: ResolvedConfig): string[] {
  return differs.filter((key) => running.origins[key] === 'flag' && wanted.origins[key] !== 'flag');
}

/** The command that makes what flags gave last. */
export function keepCommand(instance: Instance, keys: readonly string[], { config }: ResolvedConfig): string {
  const assignments = keys.map((key) => {
    const value = valueOfKey({ config }, key);
    return shellWord(`${key}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  });
  return instance.commandLine(`config set ${assignments.join(' ')}`);
}
