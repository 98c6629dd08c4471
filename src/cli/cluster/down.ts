import { prepareHome } from '../../config/home.ts';
import { takeDownCluster } from '../../engine/cluster/take-down.ts';
import { clusterName } from '../../engine/cluster/topology.ts';
import { STOP_MS_MAX } from '../../engine/docker/bring-up.ts';
import { keep } from '../../engine/docker/engine-spec.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { clusterSettings, runningKind } from './settings.ts';

export interface ClusterDownReport {
  readonly schema: 'trackflow.cluster-down/1';
  readonly changed: boolean;
  readonly name: string;
  /** Containers that ran. */
  readonly stopped: readonly string[];
  /** Empty without --purge. */
  readonly deleted: readonly string[];
}

export interface ClusterDownOptions {
  readonly timeoutMs: number;
  /** Delete containers, network and volumes: the data too. */
  readonly purge: boolean;
  readonly yes: boolean;
  readonly confirm: string | undefined;
}

/**
 * Stops the containers; their data stays unless `purge` says otherwise, which takes `yes` and the name. Throws TF_HOME_IN_USE
 * while a daemon uses them, TF_USAGE for a deletion that was not confirmed.
 */
export async function clusterDown(instance: Instance, options: ClusterDownOptions): Promise<ClusterDownReport> {
  prepareHome(instance.home);
  const { purge, yes, confirm, timeoutMs } = options;
  const settings = await clusterSettings(instance);
  const name = clusterName(await keep(settings));
  if (purge && !(yes && confirm === name)) throw unconfirmed(name, confirm);
  if ((await runningKind(instance)) === 'cluster') {
    throw new TrackflowError(
      'TF_HOME_IN_USE',
      `the daemon in ${instance.home} runs and would bring the cluster up again`,
      {
        hints: ['trackflow stop, which stops the containers too'],
      },
    );
  }
  const limits = { timeoutMs: Math.min(timeoutMs, STOP_MS_MAX), purge, signal: instance.signal };
  const { stopped, deleted } = await takeDownCluster(settings, limits);
  const changed = stopped.length > 0 || deleted.length > 0;
  return { schema: 'trackflow.cluster-down/1', changed, name, stopped, deleted };
}

function unconfirmed(name: string, confirm: string | undefined): TrackflowError {
  const given = confirm === undefined ? '' : `; --confirm=${confirm} is not its name`;
  return new TrackflowError(
    'TF_USAGE',
    `--purge deletes the volumes of the cluster ${name} with every event that is stored in them${given}`,
    { hints: [`trackflow cluster down --purge --yes --confirm=${name}`] },
  );
}
