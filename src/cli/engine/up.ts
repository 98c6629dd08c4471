import { prepareHome } from '../../config/home.ts';
import { resolveConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import { type BroughtUp, bringUp, openDocker, STOP_MS_MAX } from '../../engine/docker/bring-up.ts';
import { type DockerSettings, dockerSettings } from '../../engine/docker/engine-spec.ts';
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
  const { brought } = await up(instance, engineConfig(instance, options.image), options);
  const { outcome, name: container, image, version, url } = brought;
  const changed = outcome !== 'adopted';
  return { schema: 'trackflow.engine-up/1', changed, outcome, container, image, version, url };
}

/** The configuration of the instance, with its engine in a container whatever else it says. Throws TF_CONFIG. */
export function engineConfig({ home, env }: Instance, image?: string): Config {
  return resolveConfig({ home, env, flags: { 'engine.kind': 'docker', 'engine.image': image } }).config;
}

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
