import { requireCluster, SHARDS_MAX } from '../../engine/cluster/cluster-file.ts';
import { lookAtCluster } from '../../engine/cluster/look.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { clusterSettings, runningKind } from './settings.ts';
import { broughtUp, checkCount } from './up.ts';

export interface ClusterScaleReport {
  readonly schema: 'trackflow.cluster-scale/1';
  readonly changed: boolean;
  readonly name: string;
  readonly from: number;
  readonly shards: number;
  /** Whether a daemon has to be restarted before it sends events to the new shards. */
  readonly restart: boolean;
}

/**
 * Adds shards. Rows that are stored stay where they are. Throws TF_USAGE for fewer shards than there are, and
 * TF_ENGINE_UNAVAILABLE while a node is away: it would come back without knowing the others.
 */
export async function clusterScale(
  instance: Instance,
  { shards, timeoutMs }: { readonly shards: number; readonly timeoutMs: number },
): Promise<ClusterScaleReport> {
  checkCount('shards', shards, SHARDS_MAX);
  const settings = await clusterSettings(instance);
  const { shards: from, replicas } = requireCluster(settings);
  if (shards < from) throw fewer(from, shards);
  const look = await lookAtCluster(settings);
  const report = { schema: 'trackflow.cluster-scale/1', name: look.name, from, shards } as const;
  if (shards === from) return { ...report, changed: false, restart: false };
  const away = look.nodes.filter(({ figures }) => figures === null);
  if (away.length > 0) {
    const names = away.map(({ container }) => container).join(', ');
    throw new TrackflowError('TF_ENGINE_UNAVAILABLE', `not every node answers: ${names}`, {
      hints: ['trackflow cluster up', 'trackflow cluster status'],
    });
  }
  await broughtUp(instance, settings, { shards, replicas }, timeoutMs);
  return { ...report, changed: true, restart: (await runningKind(instance)) === 'cluster' };
}

function fewer(from: number, shards: number): TrackflowError {
  return new TrackflowError(
    'TF_USAGE',
    `the cluster has ${from} shards; ${shards} would leave out the rows of the others, and nothing moves rows`,
    { hints: ['trackflow cluster status shows the rows of each'] },
  );
}
