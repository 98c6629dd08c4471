import { prepareHome } from '../../config/home.ts';
import { leasePath, openDocker, STOP_MS_MAX } from '../../engine/docker/bring-up.ts';
import type { Docker } from '../../engine/docker/client/docker.ts';
import { previousName } from '../../engine/docker/converge.ts';
import { engineName, keep } from '../../engine/docker/engine-spec.ts';
import { takeLease } from '../../engine/docker/lease.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { engineConfig, settingsOf } from './up.ts';

export interface EngineDownReport {
  readonly schema: 'trackflow.engine-down/1';
  readonly changed: boolean;
  readonly container: string;
  /** What was deleted; empty without --purge. */
  readonly deleted: readonly string[];
}

export interface EngineDownOptions {
  readonly timeoutMs: number;
  /** Delete container, network and volume: the data too. */
  readonly purge: boolean;
  readonly yes: boolean;
  readonly confirm: string | undefined;
}

const LEASE_MS_MAX = 10_000;

/**
 * Stops the container; its data stays unless `purge` says otherwise, which takes `yes` and the name. Throws TF_HOME_IN_USE
 * while a daemon uses it, TF_USAGE for a deletion that was not confirmed.
 */
export async function engineDown(instance: Instance, options: EngineDownOptions): Promise<EngineDownReport> {
  prepareHome(instance.home);
  const settings = settingsOf(instance, (await engineConfig(instance)).config);
  const name = engineName(await keep(settings));
  if (options.purge && !(options.yes && options.confirm === name)) throw unconfirmed(name, options.confirm);
  await refuseWhileUsed(instance);
  const docker = openDocker(settings);
  await docker.ping();
  const release = await takeLease(leasePath(settings), LEASE_MS_MAX, instance.signal);
  try {
    const found = await docker.container(name);
    const changed = found !== null && found.status !== 'exited' && found.status !== 'created';
    await docker.stop(name, Math.min(options.timeoutMs, STOP_MS_MAX));
    const deleted = options.purge ? await purge(docker, name) : [];
    if (options.purge) await keep(settings, ({ image: _, ...kept }) => kept);
    return { schema: 'trackflow.engine-down/1', changed: changed || deleted.length > 0, container: name, deleted };
  } finally {
    release();
  }
}

async function purge(docker: Docker, name: string): Promise<string[]> {
  await docker.removeContainer(previousName(name));
  await docker.removeContainer(name);
  await docker.removeNetwork(name);
  await docker.removeVolume(name);
  return [`container ${name}`, `network ${name}`, `volume ${name}`];
}

async function refuseWhileUsed({ control, home }: Instance): Promise<void> {
  try {
    const { engine } = await control.status();
    // The container of before a move is nobody's.
    if (engine.kind !== 'docker') return;
  } catch (cause) {
    if (cause instanceof TrackflowError && cause.code === 'TF_NOT_RUNNING') return;
    throw cause;
  }
  throw new TrackflowError('TF_HOME_IN_USE', `the daemon in ${home} runs and would bring its engine up again`, {
    hints: ['trackflow stop, which stops the container too'],
  });
}

function unconfirmed(name: string, confirm: string | undefined): TrackflowError {
  const given = confirm === undefined ? '' : `; --confirm=${confirm} is not its name`;
  return new TrackflowError(
    'TF_USAGE',
    `--purge deletes the volume ${name} with every event that is stored in it${given}`,
    {
      hints: [`trackflow engine down --purge --yes --confirm=${name}`],
    },
  );
}
