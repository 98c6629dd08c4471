import { type ClusterLook, lookAtCluster, type NodeReport } from '../../engine/cluster/look.ts';
import { ERRORS } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { readStatus } from '../status/read-status.ts';
import { clusterSettings } from './settings.ts';

export interface ClusterShardReport {
  readonly shard: number;
  /** `degraded`: a replica is away, or takes no inserts. */
  readonly state: 'ready' | 'degraded' | 'down';
  /** Of its replica that has most; null while none answers. */
  readonly rows: number | null;
  readonly parts: number | null;
  readonly bytes: number | null;
  /** Events in the daemon's spool that are its own; null when no daemon tells. */
  readonly spooledRows: number | null;
  readonly replicas: readonly NodeReport[];
}

export interface ClusterStatusReport extends Omit<ClusterLook, 'nodes' | 'shards' | 'replicas'> {
  readonly schema: 'trackflow.cluster-status/1';
  readonly state: 'ready' | 'degraded' | 'down';
  readonly shardCount: number;
  readonly replicaCount: number;
  readonly shards: readonly ClusterShardReport[];
  /** Shards without any replica that answers: what is read is without their rows. */
  readonly missing: readonly number[];
  /** Of all shards; null while one is missing. */
  readonly rows: number | null;
}

/** Exit code 0 when every node answers, 5 when not all do, 3 when none. Throws TF_CONFIG where there is no cluster. */
export async function clusterStatus(instance: Instance): Promise<{ report: ClusterStatusReport; exit: number }> {
  const { running } = await readStatus(instance, { strict: false });
  const {
    nodes,
    shards: shardCount,
    replicas: replicaCount,
    ...look
  } = await lookAtCluster(await clusterSettings(instance));
  const spooled = new Map(running?.engine.shards?.map(({ shard, spooledRows }) => [shard, spooledRows]));
  const shards = [...Map.groupBy(nodes, ({ shard }) => shard)].map(([shard, replicas]) =>
    shardReport(shard, replicas, spooled.get(shard) ?? null),
  );
  const missing = shards.filter(({ state }) => state === 'down').map(({ shard }) => shard);
  const state = stateOf(shards, missing.length);
  const rows = missing.length > 0 ? null : shards.reduce((sum, shard) => sum + (shard.rows ?? 0), 0);
  const report = { schema: 'trackflow.cluster-status/1', state, shardCount, replicaCount, ...look } as const;
  return { report: { ...report, shards, missing, rows }, exit: EXIT[state] };
}

const EXIT = { ready: 0, degraded: ERRORS.TF_DEGRADED.exit, down: ERRORS.TF_NOT_RUNNING.exit } as const;

function stateOf(shards: readonly ClusterShardReport[], missing: number): ClusterStatusReport['state'] {
  if (missing === shards.length) return 'down';
  return shards.every(({ state }) => state === 'ready') ? 'ready' : 'degraded';
}

function shardReport(shard: number, replicas: readonly NodeReport[], spooledRows: number | null): ClusterShardReport {
  const there = replicas.flatMap(({ figures }) => figures ?? []);
  const isWhole = there.length === replicas.length && there.every(({ readOnly }) => !readOnly);
  const [most] = there.toSorted((a, b) => b.rows - a.rows);
  return {
    shard,
    state: there.length === 0 ? 'down' : isWhole ? 'ready' : 'degraded',
    rows: most?.rows ?? null,
    parts: most?.parts ?? null,
    bytes: most?.bytes ?? null,
    spooledRows,
    replicas,
  };
}
