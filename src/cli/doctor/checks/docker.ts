import { TrackflowError } from '../../../errors/error.ts';
import { type Finding, fail, type Patient, pass, skip } from '../check.ts';

/** Kinds of engine that run in containers. Without one TrackFlow needs no Docker, and its absence is no finding. */
const CONTAINED: readonly (string | undefined)[] = ['docker', 'cluster'];

/** Whether a Docker daemon answers. */
export async function docker({ instance, config, status }: Patient): Promise<Finding> {
  const settings = config instanceof Error ? undefined : config.config.engine;
  const isNeeded = CONTAINED.includes(status.running?.engine.kind ?? settings?.kind);
  const { openDocker } = await import('../../../engine/docker/bring-up.ts');
  try {
    const found = openDocker({ dockerHost: settings?.dockerHost ?? '', env: instance.env });
    const { version, apiVersion } = await found.ping();
    return pass(`${found.host.address} answers, Docker ${version}, API ${apiVersion}`);
  } catch (cause) {
    if (!(cause instanceof TrackflowError)) throw cause;
    return isNeeded ? fail(cause.message, cause.hints[0] ?? '') : skip(`${cause.message}; not needed`);
  }
}
