import { openClickHouse } from '../../clickhouse/client.ts';
import { type AwaitOptions, awaitReady } from '../docker/await-ready.ts';
import type { Docker } from '../docker/client/docker.ts';
import type { DockerSettings, Kept } from '../docker/engine-spec.ts';
import type { ClusterFile } from './cluster-file.ts';
import { prepareNode } from './schema.ts';
import { type Node, nodeEndpoint } from './topology.ts';

/** Resolves with ClickHouse's version when a node answers and has its tables. Rejects as `awaitReady` and `prepareNode`. */
export async function awaitNode(
  docker: Docker,
  settings: DockerSettings,
  kept: Kept,
  file: ClusterFile,
  node: Node,
  limits: AwaitOptions,
): Promise<string> {
  const endpoint = nodeEndpoint(settings, kept, file, node);
  const version = await awaitReady(docker, node.container, endpoint, limits);
  const server = openClickHouse(endpoint, 'writer');
  try {
    await prepareNode(server, settings.database, file.replicas > 1);
  } finally {
    await server.close();
  }
  return version;
}
