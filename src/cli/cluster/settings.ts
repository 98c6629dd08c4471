import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import { type DockerSettings, dockerSettings } from '../../engine/docker/engine-spec.ts';
import { TrackflowError } from '../../errors/error.ts';
import { withImage } from '../engine/up.ts';
import type { Instance } from '../instance.ts';

/**
 * The settings by which the containers of a cluster are made: those of the daemon that uses it, with its flags, else those of
 * the home, whatever engine it has otherwise. Throws TF_CONFIG.
 */
export async function clusterSettings(instance: Instance, image?: string): Promise<DockerSettings> {
  const { config } = await clusterConfig(instance);
  return dockerSettings(instance.paths, withImage(config, image), instance.env);
}

async function clusterConfig({ control, home, env }: Instance): Promise<ResolvedConfig> {
  try {
    const running = await control.config();
    if (running.config.engine.kind === 'cluster') return running;
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_NOT_RUNNING') throw cause;
  }
  return resolveConfig({ home, env, flags: { 'engine.kind': 'cluster' } });
}

/** Which engine the daemon of the home uses now; null when none runs. */
export async function runningKind({ control }: Instance): Promise<string | null> {
  try {
    return (await control.status()).engine.kind;
  } catch (cause) {
    if (cause instanceof TrackflowError && cause.code === 'TF_NOT_RUNNING') return null;
    throw cause;
  }
}
