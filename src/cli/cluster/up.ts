import { prepareHome } from '../../config/home.ts';
import { type BroughtUpCluster, bringUpCluster } from '../../engine/cluster/bring-up.ts';
import { type ClusterShape, REPLICAS_MAX, readCluster, SHARDS_MAX } from '../../engine/cluster/cluster-file.ts';
import type { DockerSettings } from '../../engine/docker/engine-spec.ts';
import { TrackflowError } from '../../errors/error.ts';
import { pullView } from '../engine/pull-progress.ts';
import type { Instance } from '../instance.ts';
import { clusterSettings, runningKind } from './settings.ts';

export interface ClusterUpReport extends ClusterShape {
  readonly schema: 'trackflow.cluster-up/1';
  /** Whether anything was made or started. */
  readonly changed: boolean;
  /** Name of the network, and what a deletion asks for. */
  readonly name: string;
  readonly image: string;
  readonly version: string;
  readonly members: BroughtUpCluster['members'];
  /** Engine of the daemon that runs, which goes on with it until it is restarted; null when none runs. */
  readonly daemon: string | null;
}

export interface ClusterUpOptions {
  readonly shards: number | undefined;
  readonly replicas: number | undefined;
  readonly image: string | undefined;
  readonly timeoutMs: number;
}

const SHARDS_AT_FIRST = 2;

/**
 * Brings up the cluster of the instance, and returns when every node answers. Starts no daemon. Throws TF_USAGE for a shape
 * that is not allowed, or other than the one it has.
 */
export async function clusterUp(instance: Instance, options: ClusterUpOptions): Promise<ClusterUpReport> {
  prepareHome(instance.home);
  const settings = await clusterSettings(instance, options.image);
  const shape = wantedShape(readCluster(settings), options);
  const brought = await broughtUp(instance, settings, shape, options.timeoutMs);
  const { name, members, version, file } = brought;
  return {
    schema: 'trackflow.cluster-up/1',
    changed: members.some(({ outcome }) => outcome !== 'adopted'),
    name,
    ...shape,
    image: file.image,
    version,
    members,
    daemon: await runningKind(instance),
  };
}

/** With a view of the pull. Rejects as `bringUpCluster` does. */
export async function broughtUp(
  { signal, say }: Instance,
  settings: DockerSettings,
  shape: ClusterShape,
  timeoutMs: number,
): Promise<BroughtUpCluster> {
  const view = pullView(process.stderr);
  const onStep = (line: string) => {
    view.end();
    say(line);
  };
  try {
    return await bringUpCluster(settings, shape, { timeoutMs, signal, onPull: view.show, onStep });
  } finally {
    view.end();
  }
}

function wantedShape(
  kept: ClusterShape | null,
  { shards, replicas }: Pick<ClusterUpOptions, 'shards' | 'replicas'>,
): ClusterShape {
  const wanted = {
    shards: shards ?? kept?.shards ?? SHARDS_AT_FIRST,
    replicas: replicas ?? kept?.replicas ?? 1,
  };
  checkCount('shards', wanted.shards, SHARDS_MAX);
  checkCount('replicas', wanted.replicas, REPLICAS_MAX);
  if (kept === null || (kept.shards === wanted.shards && kept.replicas === wanted.replicas)) return wanted;
  throw new TrackflowError(
    'TF_USAGE',
    `the cluster has ${kept.shards} shards of ${kept.replicas} replicas; up does not change that`,
    {
      hints:
        wanted.shards > kept.shards && wanted.replicas === kept.replicas
          ? [`trackflow cluster scale --shards ${wanted.shards}`]
          : ['another home can have a cluster of another shape: --home DIR'],
    },
  );
}

/** Throws TF_USAGE. */
export function checkCount(name: string, given: number, max: number): void {
  if (given >= 1 && given <= max) return;
  throw new TrackflowError('TF_USAGE', `--${name} ${given}; allowed: a whole number from 1 to ${max}`);
}
