import { join } from 'node:path';
import { openClickHouse } from '../../clickhouse/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import { admit } from '../admit.ts';
import { leasePath, openDocker, STOP_MS_MAX } from '../docker/bring-up.ts';
import type { Docker } from '../docker/client/docker.ts';
import { ContainerEngine } from '../docker/container-engine.ts';
import { converge } from '../docker/converge.ts';
import { checkHome, type DockerSettings, type Kept, keep } from '../docker/engine-spec.ts';
import { takeLease } from '../docker/lease.ts';
import type { Engine } from '../engine.ts';
import type { EngineLog } from '../log.ts';
import { awaitNode } from './await-node.ts';
import { ClusterEngine } from './cluster-engine.ts';
import { type ClusterFile, requireCluster } from './cluster-file.ts';
import { clusterSpecs } from './node-spec.ts';
import { prepareNode } from './schema.ts';
import {
  clusterEndpoint,
  clusterName,
  keepersOf,
  localDatabase,
  type Node,
  nodeEndpoint,
  nodesOf,
} from './topology.ts';

/** Several nodes may have to be brought up at once, one after the other. */
const LEASE_MS_MAX = 30_000;
/** Time that a node which was made anew gets before the one before it is put back. */
const REPLACED_MS_MAX = 60_000;

export interface ClusterOptions extends DockerSettings {
  readonly log: EngineLog;
  /** Called each time a node was started again. */
  readonly onRestart?: () => void;
}

/**
 * Begins to bring the cluster of the home up; `ready` tells when it answers. Rejects with TF_CONFIG where there is none, and
 * with TF_DOCKER_UNAVAILABLE for an address that cannot be used.
 */
export async function startCluster(options: ClusterOptions): Promise<Engine> {
  const file = requireCluster(options);
  const kept = await keep(options);
  const docker = openDocker(options);
  const all = nodesOf(kept, file, file.subnet);
  const nodes = [...Map.groupBy(all, ({ shard }) => shard).values()].map((replicas) =>
    replicas.map((node) => nodeEngine(docker, options, kept, file, node)),
  );
  const engine = new ClusterEngine({
    docker,
    name: clusterName(kept),
    endpoint: clusterEndpoint(options, kept, file),
    nodes,
    keepers: keepersOf(kept, file, file.subnet).map(({ container }) => container),
  });
  engine.start();
  return engine;
}

function nodeEngine(
  docker: Docker,
  options: ClusterOptions,
  kept: Kept,
  file: ClusterFile,
  node: Node,
): ContainerEngine {
  const { log, onRestart, database } = options;
  const endpoint = nodeEndpoint(options, kept, file, node);
  return new ContainerEngine({
    docker,
    name: node.container,
    id: kept.instance,
    endpoint,
    logFile: join(options.paths.logs, `clickhouse-${node.name}.log`),
    log: (level, event, fields) => log(level, event, { ...fields, node: node.name }),
    ...(onRestart && { onRestart }),
    admit: async (server) => {
      const version = await admit(server, localDatabase(database));
      const local = openClickHouse(endpoint, 'writer');
      try {
        await prepareNode(local, database, file.replicas > 1);
      } finally {
        await local.close();
      }
      return version;
    },
    bringUp: ({ signal }) => bringUpNode(docker, options, node.name, signal),
  });
}

/**
 * Brings one node up as the home describes it now. Unlike a person who waits, it holds nobody up until the node answers:
 * the others may need the lease as well.
 */
async function bringUpNode(docker: Docker, options: ClusterOptions, name: string, signal: AbortSignal): Promise<void> {
  const release = await takeLease(leasePath(options), LEASE_MS_MAX, signal);
  try {
    // Read with the lease in hand: a change of the cluster may have gone before.
    const file = requireCluster(options);
    const kept = await keep(options);
    const image = options.image || file.image;
    if ((await docker.imageId(image)) === null) {
      throw new TrackflowError('TF_IMAGE_MISSING', `the image ${image} is not on this machine`, {
        hints: ['trackflow cluster up'],
      });
    }
    const specs = clusterSpecs(options, kept, file, image, await docker.memoryBytes());
    const index = nodesOf(kept, file, file.subnet).findIndex((node) => node.name === name);
    const spec = specs.nodes[index]!;
    checkHome(await docker.container(spec.name), options);
    if ((await docker.networkRange(spec.network)) === null) throw networkGone(spec.network);
    for (const keeper of specs.keepers) {
      await (await converge(docker, keeper, { stopMs: STOP_MS_MAX })).settle();
    }
    const change = await converge(docker, spec, { stopMs: STOP_MS_MAX });
    if (change.outcome === 'recreated') {
      const node = nodesOf(kept, file, file.subnet)[index]!;
      const limits = { timeoutMs: REPLACED_MS_MAX, signal };
      await awaitNode(docker, options, kept, file, node, limits).catch(async (cause: unknown) => {
        await change.undo();
        throw cause;
      });
    }
    await change.settle();
  } finally {
    release();
  }
}

/** Every node has to be made anew with another one, which nodes cannot do each for itself. */
function networkGone(name: string): TrackflowError {
  return new TrackflowError('TF_ENGINE_UNAVAILABLE', `the network ${name} of the cluster was removed`, {
    hints: ['trackflow cluster up: it makes the network and the containers anew, with their data'],
  });
}
