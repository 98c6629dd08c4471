import { leasePath, openDocker } from '../docker/bring-up.ts';
import { type DockerSettings, keep } from '../docker/engine-spec.ts';
import { takeLease } from '../docker/lease.ts';
import { forgetCluster } from './cluster-file.ts';
import { KEEPER_KIND, NODE_KIND } from './node-spec.ts';
import { clusterName } from './topology.ts';

const LEASE_MS_MAX = 10_000;

export interface TakenDown {
  /** Containers that ran and were stopped. */
  readonly stopped: readonly string[];
  /** What was deleted, in words; empty unless asked for. */
  readonly deleted: readonly string[];
}

/**
 * Stops every container of the cluster, found by their labels. `purge` deletes them, their volumes and the network, and
 * the home has no cluster any more: whoever calls it has asked for the name first.
 */
export async function takeDownCluster(
  settings: DockerSettings,
  { timeoutMs, purge, signal }: { readonly timeoutMs: number; readonly purge: boolean; readonly signal: AbortSignal },
): Promise<TakenDown> {
  const docker = openDocker(settings);
  await docker.ping();
  const release = await takeLease(leasePath(settings), LEASE_MS_MAX, signal);
  try {
    const kept = await keep(settings);
    const { containers, volumes } = await docker.owned(kept.instance, [NODE_KIND, KEEPER_KIND]);
    const states = await Promise.all(containers.map((name) => docker.container(name)));
    const stopped = states.flatMap((state) =>
      state === null || ['exited', 'created', 'dead'].includes(state.status) ? [] : state.name,
    );
    await Promise.all(stopped.map((name) => docker.stop(name, timeoutMs)));
    if (!purge) return { stopped, deleted: [] };
    const network = clusterName(kept);
    for (const name of containers) await docker.removeContainer(name);
    await docker.removeNetwork(network);
    for (const name of volumes) await docker.removeVolume(name);
    forgetCluster(settings);
    const deleted = [...containers.map((name) => `container ${name}`), `network ${network}`];
    return { stopped, deleted: [...deleted, ...volumes.map((name) => `volume ${name}`)] };
  } finally {
    release();
  }
}
