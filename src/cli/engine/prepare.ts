import type { Config } from '../../config/schema.ts';
import type { Instance } from '../instance.ts';

export interface PreparedEngine {
  /** What is left of the time to become ready; a pull does not count. */
  readonly timeoutMs: number;
  /** The daemon did not come up: what was started for it is stopped again. */
  undo(): Promise<void>;
}

const REST_MS_MIN = 5_000;

/**
 * Brings up what the daemon is going to use, where a person waits: with a bar for the pull and an error that names what is
 * wrong. Other kinds need nothing.
 */
export async function prepareEngine(instance: Instance, config: Config, timeoutMs: number): Promise<PreparedEngine> {
  if (config.engine.kind === 'cluster') return prepareCluster(instance, config, timeoutMs);
  if (config.engine.kind !== 'docker') return { timeoutMs, undo: async () => {} };
  const { up } = await import('./up.ts');
  const { brought, tookMs, stop } = await up(instance, config, { timeoutMs });
  return {
    timeoutMs: Math.max(REST_MS_MIN, Math.round(timeoutMs - tookMs)),
    undo: brought.outcome === 'adopted' ? async () => {} : stop,
  };
}

async function prepareCluster(instance: Instance, config: Config, timeoutMs: number): Promise<PreparedEngine> {
  const { dockerSettings } = await import('../../engine/docker/engine-spec.ts');
  const { requireCluster } = await import('../../engine/cluster/cluster-file.ts');
  const { broughtUp } = await import('../cluster/up.ts');
  const settings = dockerSettings(instance.paths, config, instance.env);
  const { shards, replicas } = requireCluster(settings);
  const begunAt = performance.now();
  const { stop } = await broughtUp(instance, settings, { shards, replicas }, timeoutMs);
  return { timeoutMs: Math.max(REST_MS_MIN, Math.round(timeoutMs - (performance.now() - begunAt))), undo: stop };
}
