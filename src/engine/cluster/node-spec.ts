import { realpathSync } from 'node:fs';
import { type ContainerSpec, LABEL } from '../docker/client/container-spec.ts';
import { DATA_FOLDER, type DockerSettings, engineSpec, HTTP_PORT, type Kept } from '../docker/engine-spec.ts';
import { serverFiles } from '../docker/server-files.ts';
import { memoryCap } from '../server-config.ts';
import type { XmlBranch } from '../xml.ts';
import type { ClusterFile } from './cluster-file.ts';
import { keeperConfig, nodeConfig, READER_SETTINGS } from './node-config.ts';
import { clusterName, keepersOf, localDatabase, type Member, nodesOf } from './topology.ts';

export const NODE_KIND = 'node';
export const KEEPER_KIND = 'keeper';
const MIB = 1024 * 1024;
/** It holds what the replicas tell each other, some megabytes. */
const KEEPER_MEMORY_BYTES = 512 * MIB;

/** The containers of a cluster as they should be. */
export interface ClusterSpecs {
  /** In the order of the nodes: by shard, then by replica. */
  readonly nodes: readonly ContainerSpec[];
  readonly keepers: readonly ContainerSpec[];
}

/** `machineBytes` is the memory of the machine that Docker runs on: the nodes share what one engine would get more of. */
export function clusterSpecs(
  settings: DockerSettings,
  kept: Kept,
  file: ClusterFile,
  image: string,
  machineBytes: number,
): ClusterSpecs {
  const nodes = nodesOf(kept, file, file.subnet);
  const keepers = keepersOf(kept, file, file.subnet);
  const cap = memoryCap(settings.memoryBytesMax, machineBytes / nodes.length);
  const base = { ...settings, memoryBytesMax: cap };
  return {
    nodes: nodes.map((node) => {
      const config = nodeConfig(node, nodes, keepers, file);
      const ports = [{ inside: HTTP_PORT, outside: file.ports[node.name]! }];
      return { ...memberSpec(base, kept, image, node, NODE_KIND, config), ports };
    }),
    keepers: keepers.map((keeper) => {
      const small = { ...settings, memoryBytesMax: KEEPER_MEMORY_BYTES };
      return { ...memberSpec(small, kept, image, keeper, KEEPER_KIND, keeperConfig(keeper, keepers)), ports: [] };
    }),
  };
}

/** The container of an engine, with what a member of a cluster has otherwise. */
function memberSpec(
  settings: DockerSettings,
  kept: Kept,
  image: string,
  { container, address }: Member,
  kind: string,
  config: XmlBranch,
): Omit<ContainerSpec, 'ports'> {
  const { memoryBytesMax, query: limits, database } = settings;
  const { writerPassword, readerPassword } = kept;
  const users = {
    database,
    writerPassword,
    readerPassword,
    limits,
    memoryBytesMax,
    alsoReads: localDatabase(database),
    readerSettings: READER_SETTINGS,
  };
  return {
    ...engineSpec(settings, kept, image, 0),
    name: container,
    network: clusterName(kept),
    address,
    volumes: { [DATA_FOLDER]: container },
    files: serverFiles(users, config),
    labels: { [LABEL.id]: kept.instance, [LABEL.kind]: kind, [LABEL.home]: realpathSync(settings.home) },
  };
}
