import { TrackflowError } from '../../../errors/error.ts';
import { type Finding, fail, type Patient, pass, skip } from '../check.ts';

/** Whether a Docker daemon answers. Without `engine.kind` docker TrackFlow needs none, and its absence is no finding. */
export async function docker({ instance, config, status }: Patient): Promise<Finding> {
  const settings = config instanceof Error ? undefined : config.config.engine;
  const isNeeded = (status.running?.engine.kind ?? settings?.kind) === 'docker';
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
