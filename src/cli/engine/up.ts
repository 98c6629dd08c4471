import { prepareHome } from '../../config/home.ts';
import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import { type BroughtUp, bringUp, openDocker, STOP_MS_MAX } from '../../engine/docker/bring-up.ts';
import { type DockerSettings, dockerSettings } from '../../engine/docker/engine-spec.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { pullView } from './pull-progress.ts';

export interface EngineUpReport {
  readonly schema: 'trackflow.engine-up/1';
  /** Whether anything was made or started. */
  readonly changed: boolean;
  readonly outcome: BroughtUp['outcome'];
  /** Name of the container, the network and the volume. */
  readonly container: string;
  readonly image: string;
  readonly version: string;
  readonly url: string;
}

export interface EngineUpOptions {
  readonly image: string | undefined;
  readonly timeoutMs: number;
}

/** Brings the container of the instance up, and returns when ClickHouse answers in it. Starts no daemon. */
export async function engineUp(instance: Instance, options: EngineUpOptions): Promise<EngineUpReport> {
  prepareHome(instance.home);
  const { config } = await engineConfig(instance);
  const { brought } = await up(instance, withImage(config, options.image), options);
  const { outcome, name: container, image, version, url } = brought;
  const changed = outcome !== 'adopted';
  return { schema: 'trackflow.engine-up/1', changed, outcome, container, image, version, url };
}

/**
 * The configuration by which the container of the instance is made: that of the daemon that uses it, with its flags, else
 * that of the home, with the engine in a container whatever else it says. Throws TF_CONFIG.
 */
export async function engineConfig({ control, home, env }: Instance): Promise<ResolvedConfig> {
  try {
    const running = await control.config();
    if (running.config.engine.kind === 'docker') return running;
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_NOT_RUNNING') throw cause;
  }
  return resolveConfig({ home, env, flags: { 'engine.kind': 'docker' } });
}

/** The same with another image. Throws TF_USAGE for what is no name of one. */
export function withImage(config: Config, image: string | undefined): Config {
  if (image === undefined) return config;
  if (!IMAGE.test(image))
    throw new TrackflowError('TF_USAGE', `--image ${JSON.stringify(image)} is no name of an image`);
  return { ...config, engine: { ...config.engine, image } };
}

const IMAGE = /^[\w.\-:@/]+$/;

export function settingsOf({ paths, env }: Instance, config: Config): DockerSettings {
  return dockerSettings(paths, config, env);
}

export interface Up {
  readonly brought: BroughtUp;
  /** Without the pull. */
  readonly tookMs: number;
  readonly stop: () => Promise<void>;
}

/** With a view of the pull. Rejects as `bringUp` does. */
export async function up(
  { paths, env, signal, say }: Instance,
  config: Config,
  options: { readonly timeoutMs: number; readonly refresh?: boolean },
): Promise<Up> {
  const settings = dockerSettings(paths, config, env);
  const view = pullView(process.stderr);
  let begunAt = performance.now();
  try {
    const brought = await bringUp(settings, {
      ...options,
      signal,
      onPull: (progress) => {
        begunAt = performance.now();
        view.show(progress);
      },
      onStep: (line) => {
        view.end();
        say(line);
      },
    });
    const stop = () => openDocker(settings).stop(brought.name, STOP_MS_MAX);
    return { brought, tookMs: performance.now() - begunAt, stop };
  } finally {
    view.end();
  }
}
