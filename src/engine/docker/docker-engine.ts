/**
 * The one container of an instance.
 *
 * Promises: those of `container-engine.ts`. Always true: never a second container; one that is found by its label is
 * adopted by the next start.
 */
import { join } from 'node:path';
import { TrackflowError } from '../../errors/error.ts';
import { admit } from '../admit.ts';
import type { Engine } from '../engine.ts';
import type { EngineLog } from '../log.ts';
import { bringUp, keepWithPorts, openDocker } from './bring-up.ts';
import type { Docker } from './client/docker.ts';
import { ContainerEngine } from './container-engine.ts';
import { LOG_FILE } from './container-log.ts';
import { checkHome, type DockerSettings, engineEndpoint, engineName, type Kept, keep } from './engine-spec.ts';

export interface DockerEngineOptions extends DockerSettings {
  readonly log: EngineLog;
  /** Called each time the container was started again. */
  readonly onRestart?: () => void;
}

/**
 * Begins to bring the container up; `ready` tells when it answers. A Docker that is away is waited for. Rejects with
 * TF_DOCKER_UNAVAILABLE for an address that cannot be used, TF_HOME_IN_USE, and what `keep` throws.
 */
export async function startDocker(options: DockerEngineOptions): Promise<Engine> {
  const docker = openDocker(options);
  const kept = await keptForStart(docker, options);
  const { log, onRestart } = options;
  const engine = new ContainerEngine({
    docker,
    name: engineName(kept),
    id: kept.instance,
    endpoint: engineEndpoint(options, kept),
    logFile: join(options.paths.logs, LOG_FILE),
    log,
    ...(onRestart && { onRestart }),
    admit: (server) => admit(server, options.database),
    // Whoever has upgraded it since the start knows better than our flags.
    bringUp: ({ asConfigured, ...limits }) =>
      bringUp(options, { ...limits, keepPorts: true, keepImage: !asConfigured }),
  });
  engine.start();
  return engine;
}

/** Ports are chosen now if they ever are: from here on others speak to them. */
async function keptForStart(docker: Docker, options: DockerEngineOptions): Promise<Kept> {
  const kept = await keep(options);
  try {
    const existing = await docker.container(engineName(kept));
    checkHome(existing, options);
    return await keepWithPorts(options, existing, (line) => options.log('warn', 'engine_port_taken', { line }));
  } catch (cause) {
    if (cause instanceof TrackflowError && cause.code === 'TF_HOME_IN_USE') throw cause;
    return kept;
  }
}
