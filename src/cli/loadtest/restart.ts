import type { ControlClient } from '../../control/client.ts';
import type { Instance } from '../instance.ts';
import { startInstance } from '../lifecycle/start.ts';

const READY_MS_MAX = 120_000;

/**
 * How to start the daemon again as it runs now, for a load test that kills it: what flags and environment said then is
 * handed on as flags, because nobody knows that environment later.
 */
export async function restarter(instance: Instance, control: ControlClient): Promise<() => Promise<void>> {
  const { config, origins } = await control.config();
  const flags: Record<string, unknown> = {};
  for (const [key, origin] of Object.entries(origins)) {
    if (origin !== 'flag' && origin !== 'env') continue;
    const [section, name] = key.split('.') as [string, string];
    flags[key] = (config as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[section]?.[name];
  }
  // A free port was chosen once and kept in the home; it is found there again.
  const quiet: Instance = { ...instance, control, signal: new AbortController().signal, say: () => {} };
  return async () => void (await startInstance(quiet, { flags, wait: true, timeoutMs: READY_MS_MAX }));
}
