import { prepareHome } from '../../config/home.ts';
import { openDocker } from '../../engine/docker/bring-up.ts';
import { engineName, type Kept, keep, PINNED_IMAGE } from '../../engine/docker/engine-spec.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { engineConfig, settingsOf, up, withImage } from './up.ts';

export interface EngineUpgradeReport {
  readonly schema: 'trackflow.engine-upgrade/1';
  /** Whether another image runs now than before. */
  readonly changed: boolean;
  readonly container: string;
  /** Image before and after. */
  readonly from: string;
  readonly image: string;
  readonly version: string;
}

/**
 * Fetches the image, makes the container anew from it with the same volume, and puts the old one back when ClickHouse does
 * not get ready in it. A daemon that runs takes events meanwhile; they wait in its spool. Throws TF_NOT_RUNNING where there
 * is no container, TF_CONFIG when the configuration names another image, and what `bringUp` rejects with.
 */
export async function engineUpgrade(
  instance: Instance,
  { image, timeoutMs }: { readonly image: string | undefined; readonly timeoutMs: number },
): Promise<EngineUpgradeReport> {
  prepareHome(instance.home);
  const { config, origins } = await engineConfig(instance);
  const settings = settingsOf(instance, config);
  const kept = await keep(settings);
  const docker = openDocker(settings);
  await docker.ping();
  const before = await docker.container(engineName(kept));
  if (before === null) {
    throw new TrackflowError('TF_NOT_RUNNING', 'there is no container to upgrade', { hints: ['trackflow engine up'] });
  }
  // What was a flag of the last start is not what the next one has.
  const configured = origins['engine.image'] === 'flag' ? '' : config.engine.image;
  const wanted = image ?? (configured || imageToUpgradeTo(kept));
  if (configured !== '' && wanted !== configured) throw otherImage(configured, wanted);
  instance.say(`upgrading from ${before.image} to ${wanted}`);
  const { brought, stop } = await up(instance, withImage(config, wanted), { timeoutMs, refresh: true }).catch(
    (cause: unknown) => {
      throw withOldImage(cause, before.image);
    },
  );
  if (before.status !== 'running' && before.status !== 'restarting') await stop();
  const { name: container, version, outcome } = brought;
  const changed = outcome === 'recreated';
  return { schema: 'trackflow.engine-upgrade/1', changed, container, from: before.image, image: wanted, version };
}

const OFFICIAL = /^clickhouse\/clickhouse-server:(\d+)\.(\d+)\.(\d+)\.(\d+)$/;

/** Never back: a database that a newer ClickHouse has written is not for an older one. */
export function imageToUpgradeTo({ image = PINNED_IMAGE }: Pick<Kept, 'image'>): string {
  const [now, pinned] = [OFFICIAL.exec(image), OFFICIAL.exec(PINNED_IMAGE)];
  if (now === null || pinned === null) return image;
  const at = now.findIndex((part, index) => index > 0 && part !== pinned[index]);
  return at !== -1 && Number(now[at]) > Number(pinned[at]) ? image : PINNED_IMAGE;
}

function otherImage(configured: string, wanted: string): TrackflowError {
  return new TrackflowError('TF_CONFIG', `engine.image is ${configured}: the next start would go back from ${wanted}`, {
    hints: [`set engine.image to ${wanted}, or remove it, then trackflow engine upgrade`],
  });
}

function withOldImage(cause: unknown, image: string): unknown {
  if (!(cause instanceof TrackflowError)) return cause;
  const { code, message, hints } = cause;
  return new TrackflowError(code, `${message}\nthe upgrade was undone: the container has ${image} as before`, {
    hints,
    cause,
  });
}
