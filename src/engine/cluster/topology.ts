import type { Endpoint } from '../../clickhouse/endpoint.ts';
import { TrackflowError } from '../../errors/error.ts';
import { type DockerSettings, engineName, type Kept } from '../docker/engine-spec.ts';
import { READER, WRITER } from '../server-config.ts';
import { type ClusterFile, type ClusterShape, REPLICAS_MAX } from './cluster-file.ts';

/** A Keeper ensemble of three goes on without one of them. */
const KEEPERS = 3;
/** Last bytes of the addresses, stable when shards are added. Docker's gateway is the first. */
const KEEPER_HOST = 4;
const NODE_HOST = 10;
/** The last host of the largest cluster must lie in the network. */
const PREFIX_MAX = 25;

/** A container of the cluster. */
export interface Member {
  /** `s1r1` for the first replica of shard 1, `k1` for the first Keeper. */
  readonly name: string;
  readonly container: string;
  /** In the network of the cluster. No names: a name is looked up, kept, and may by then be the address of another node. */
  readonly address: string;
}

export interface Node extends Member {
  readonly shard: number;
  readonly replica: number;
}

export interface Keeper extends Member {
  readonly id: number;
}

/** Name of the cluster's network, and what its deletion asks for. */
export function clusterName(kept: Pick<Kept, 'instance'>): string {
  return `${engineName(kept)}-cluster`;
}

/** The nodes of a shape, by shard and replica. Throws TF_CANNOT_CREATE for a network that is too small. */
export function nodesOf(kept: Pick<Kept, 'instance'>, shape: ClusterShape, subnet: string): Node[] {
  return range(shape.shards).flatMap((shard) =>
    range(shape.replicas).map((replica) => {
      const name = `s${shard}r${replica}`;
      const host = NODE_HOST + (shard - 1) * REPLICAS_MAX + (replica - 1);
      return { name, shard, replica, container: `${engineName(kept)}-${name}`, address: addressIn(subnet, host) };
    }),
  );
}

/** Keepers where there are replicas to keep in step, else none. */
export function keepersOf(kept: Pick<Kept, 'instance'>, shape: ClusterShape, subnet: string): Keeper[] {
  if (shape.replicas === 1) return [];
  return range(KEEPERS).map((id) => ({
    id,
    name: `k${id}`,
    container: `${engineName(kept)}-k${id}`,
    address: addressIn(subnet, KEEPER_HOST + id - 1),
  }));
}

/** Database of the tables that hold rows; the one that is read has the same tables over all shards. */
export function localDatabase(database: string): string {
  return `${database}_shard`;
}

/** Where the rows of a shard are inserted, at one of its replicas. */
export function nodeEndpoint(settings: DockerSettings, kept: Kept, file: ClusterFile, node: Node): Endpoint {
  return {
    ...endpointOf(kept, urlOf(file, node)),
    database: localDatabase(settings.database),
    ...(file.replicas > 1 && { replicated: true }),
  };
}

/** Where everything is read: at any node. */
export function clusterEndpoint(settings: DockerSettings, kept: Kept, file: ClusterFile): Endpoint {
  const [url, ...others] = nodesOf(kept, file, file.subnet).map((node) => urlOf(file, node));
  return {
    ...endpointOf(kept, url!),
    others,
    database: settings.database,
    ...(file.shards > 1 && { shards: file.shards }),
  };
}

function endpointOf(kept: Kept, url: string): Pick<Endpoint, 'url' | 'writer' | 'reader'> {
  return {
    url,
    writer: { user: WRITER, password: kept.writerPassword },
    reader: { user: READER, password: kept.readerPassword },
  };
}

function urlOf({ ports }: ClusterFile, { name }: Node): string {
  return `http://127.0.0.1:${ports[name]}`;
}

/** The address of host number `host` in `10.1.2.0/24`. */
function addressIn(subnet: string, host: number): string {
  const [base = '', prefix = ''] = subnet.split('/');
  const bytes = base.split('.').map(Number);
  if (bytes.length !== 4 || !(Number(prefix) <= PREFIX_MAX)) {
    throw new TrackflowError(
      'TF_CANNOT_CREATE',
      `the network ${subnet} is no IPv4 network of at least /${PREFIX_MAX}`,
      {
        hints: ['see default-address-pools in the configuration of the Docker daemon'],
      },
    );
  }
  return [...bytes.slice(0, 3), bytes[3]! + host].join('.');
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
