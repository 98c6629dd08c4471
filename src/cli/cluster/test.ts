import { probeCluster, type ShardProbe } from '../../engine/cluster/probe.ts';
import { ERRORS } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { clusterSettings } from './settings.ts';

export interface ClusterTestReport {
  readonly schema: 'trackflow.cluster-test/1';
  readonly ok: boolean;
  readonly shards: readonly (ShardProbe & { readonly ok: boolean })[];
}

/**
 * Exit code 0 when the row of each shard was written and every node found it; 78 when a node that answered did not find one
 * that was written; 69 when nothing worse happened than that a node did not answer.
 */
export async function clusterTest(instance: Instance): Promise<{ report: ClusterTestReport; exit: number }> {
  const probes = await probeCluster(await clusterSettings(instance));
  const shards = probes.map((probe) => ({
    ...probe,
    ok: probe.written && probe.readAt === probe.answered && probe.problems.length === 0,
  }));
  const ok = shards.every((shard) => shard.ok);
  const isWrong = shards.some(({ written, readAt, answered }) => written && readAt !== answered);
  const exit = ok ? 0 : isWrong ? ERRORS.TF_VERIFICATION.exit : ERRORS.TF_ENGINE_UNAVAILABLE.exit;
  return { report: { schema: 'trackflow.cluster-test/1', ok, shards }, exit };
}
