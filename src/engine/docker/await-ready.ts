import { setTimeout as sleep } from 'node:timers/promises';
import { openClickHouse } from '../../clickhouse/client.ts';
import type { Endpoint } from '../../clickhouse/endpoint.ts';
import { TrackflowError } from '../../errors/error.ts';
import { admit } from '../admit.ts';
import type { ContainerState } from './client/container-wire.ts';
import type { Docker } from './client/docker.ts';

const PROBE_EVERY_MS = 50;
/** Looking at the container costs more than asking ClickHouse. */
const LOOK_EVERY_MS = 500;
/** A container that ends this often will end again. */
const RESTARTS_MAX = 2;
const OUTPUT_LINES = 5;

export interface AwaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves with ClickHouse's version when it answers as the writer, with the database in place. Rejects as soon as it is
 * clear that it will not: TF_ENGINE_UNAVAILABLE for a container that ends again and again, TF_CANNOT_CREATE for a full
 * disk, TF_TIMEOUT, or the signal's reason.
 */
export async function awaitReady(
  docker: Docker,
  name: string,
  endpoint: Endpoint,
  { timeoutMs, signal }: AwaitOptions,
): Promise<string> {
  const server = openClickHouse({ ...endpoint, database: 'system' }, 'writer');
  const deadline = performance.now() + timeoutMs;
  let lookAt = 0;
  let restartsBefore: number | undefined;
  try {
    for (;;) {
      signal.throwIfAborted();
      const version = await tryAdmit(() => admit(server, endpoint.database));
      if (version !== undefined) return version;
      if (performance.now() >= lookAt) {
        lookAt = performance.now() + LOOK_EVERY_MS;
        const state = await docker.container(name);
        restartsBefore ??= state?.restarts ?? 0;
        if (state === null || isHopeless(state, restartsBefore)) throw await failure(docker, name, state);
      }
      if (performance.now() >= deadline) throw await tooSlow(docker, name, timeoutMs);
      await sleep(PROBE_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  } finally {
    await server.close();
  }
}

/** Undefined while waiting may help. */
async function tryAdmit(call: () => Promise<string>): Promise<string | undefined> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof TrackflowError) throw cause;
    return undefined;
  }
}

/** Not the health check: it fails as well while a server with many parts still reads them. */
function isHopeless({ status, restarts }: ContainerState, restartsBefore: number): boolean {
  return status === 'exited' || status === 'dead' || restarts - restartsBefore >= RESTARTS_MAX;
}

async function tooSlow(docker: Docker, name: string, timeoutMs: number): Promise<TrackflowError> {
  const output = await lastWords(docker, name);
  const state = await docker.container(name).catch(() => null);
  const health = state?.health === 'unhealthy' ? ' and is unhealthy' : '';
  const message = `the container ${name} was not ready within ${timeoutMs / 1_000} s${health}${output}`;
  return new TrackflowError('TF_TIMEOUT', message, {
    hints: ['again with more time: --timeout 5m', `docker logs ${name}`],
  });
}

/** Why a container is not going to be ready, in words. */
async function failure(docker: Docker, name: string, state: ContainerState | null): Promise<TrackflowError> {
  if (state === null) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `the container ${name} was removed by somebody else`, {
      hints: ['trackflow engine up'],
    });
  }
  const output = await lastWords(docker, name);
  if (/no space left on device|NOT_ENOUGH_SPACE/i.test(output)) {
    return new TrackflowError('TF_CANNOT_CREATE', `the disk of the container ${name} is full${output}`, {
      hints: ['see what takes the room: docker system df', 'free it: docker system prune'],
    });
  }
  if (state.oomKilled) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `the container ${name} ran out of its memory and was killed`, {
      hints: ['give it more: --set engine.memoryBytesMax=2GiB', 'trackflow engine status'],
    });
  }
  const how = `ended with exit code ${state.exitCode}${state.error === '' ? '' : `: ${state.error}`}`;
  return new TrackflowError('TF_ENGINE_UNAVAILABLE', `the container ${name} ${how}${output}`, {
    hints: [`docker logs ${name}`, 'trackflow engine status'],
  });
}

async function lastWords(docker: Docker, name: string): Promise<string> {
  const output = await docker.lastOutput(name, OUTPUT_LINES).catch(() => '');
  return output.trim() === '' ? '' : `; its last words:\n${output.trim()}`;
}
