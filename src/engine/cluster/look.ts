/** What a cluster looks like now: each container as Docker sees it, each node as it says itself. */
import { openClickHouse } from '../../clickhouse/client.ts';
import { openDocker } from '../docker/bring-up.ts';
import type { Docker } from '../docker/client/docker.ts';
import { type DockerSettings, type Kept, keep } from '../docker/engine-spec.ts';
import { type ClusterFile, requireCluster } from './cluster-file.ts';
import { clusterName, keepersOf, type Member, type Node, nodeEndpoint, nodesOf } from './topology.ts';

const ASK_MS_MAX = 5_000;

export interface MemberReport {
  readonly name: string;
  readonly container: string;
  /** As Docker says; `missing` where there is none. */
  readonly status: string;
  readonly health: string;
  readonly restarts: number;
}

export interface NodeReport extends MemberReport {
  readonly shard: number;
  readonly replica: number;
  readonly url: string;
  /** What it says; null while it does not answer, and `problem` says why. */
  readonly figures: NodeFigures | null;
  readonly problem: string;
}

export interface NodeFigures {
  readonly version: string;
  readonly rows: number;
  readonly parts: number;
  readonly bytes: number;
  /** Behind the other replicas; 0 where there are none. */
  readonly lagSeconds: number;
  /** A replica that has lost Keeper takes no inserts. */
  readonly readOnly: boolean;
}

export interface ClusterLook {
  readonly name: string;
  readonly shards: number;
  readonly replicas: number;
  readonly image: string;
  readonly nodes: readonly NodeReport[];
  readonly keepers: readonly MemberReport[];
}

/** Rejects with TF_CONFIG where the home has no cluster, and what Docker's absence throws. A node that is away is a report. */
export async function lookAtCluster(settings: DockerSettings): Promise<ClusterLook> {
  const file = requireCluster(settings);
  const kept = await keep(settings);
  const docker = openDocker(settings);
  await docker.ping();
  const { shards, replicas, image } = file;
  return {
    name: clusterName(kept),
    shards,
    replicas,
    image,
    nodes: await Promise.all(
      nodesOf(kept, file, file.subnet).map(async (node) => ({
        ...(await memberReport(docker, node)),
        ...(await askNode(settings, kept, file, node)),
        shard: node.shard,
        replica: node.replica,
      })),
    ),
    keepers: await Promise.all(keepersOf(kept, file, file.subnet).map((keeper) => memberReport(docker, keeper))),
  };
}

async function memberReport(docker: Docker, { name, container }: Member): Promise<MemberReport> {
  const found = await docker.container(container);
  const { status, health, restarts } = found ?? { status: 'missing', health: 'none', restarts: 0 };
  return { name, container, status, health, restarts };
}

async function askNode(
  settings: DockerSettings,
  kept: Kept,
  file: ClusterFile,
  node: Node,
): Promise<Pick<NodeReport, 'url' | 'figures' | 'problem'>> {
  const endpoint = nodeEndpoint(settings, kept, file, node);
  const { url, database } = endpoint;
  const server = openClickHouse({ ...endpoint, database: 'system' }, 'writer');
  try {
    const options = { timeoutMs: ASK_MS_MAX };
    const [row] = await server.query<Omit<NodeFigures, 'readOnly'> & { readOnly: number }>(
      FIGURES,
      { database },
      options,
    );
    return { url, figures: { ...row!, readOnly: row!.readOnly === 1 }, problem: '' };
  } catch (cause) {
    return { url, figures: null, problem: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await server.close();
  }
}

const PARTS = "FROM system.parts WHERE active AND database = {database:String} AND table = 'events'";
const FIGURES = `SELECT version() AS version,
  (SELECT toFloat64(sum(rows)) ${PARTS}) AS rows,
  (SELECT toFloat64(count()) ${PARTS}) AS parts,
  (SELECT toFloat64(sum(bytes_on_disk)) ${PARTS}) AS bytes,
  (SELECT toFloat64(max(absolute_delay)) FROM system.replicas WHERE database = {database:String}) AS lagSeconds,
  (SELECT toUInt8(max(is_readonly)) FROM system.replicas WHERE database = {database:String}) AS readOnly`;
