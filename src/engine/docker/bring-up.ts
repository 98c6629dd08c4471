/**
 * From whatever is there to an engine that answers: what `trackflow start --engine docker`, `trackflow engine up` and
 * `trackflow engine upgrade` do, and what the daemon does when its container is gone.
 *
 * Promises: one process at a time changes anything; every wait has an end; what did not get ready leaves nothing that
 * was not there before, and what it replaced runs again.
 */
import { join } from 'node:path';
import { TrackflowError } from '../../errors/error.ts';
import { withFreePorts } from '../engine-file.ts';
import { awaitReady } from './await-ready.ts';
import type { ContainerSpec } from './client/container-spec.ts';
import type { ContainerState } from './client/container-wire.ts';
import { Docker } from './client/docker.ts';
import { findDockerHost } from './client/docker-host.ts';
import { type PullProgress, pullImage } from './client/pull.ts';
import { type Converged, converge, type Outcome } from './converge.ts';
import {
  checkHome,
  type DockerSettings,
  engineEndpoint,
  engineName,
  engineSpec,
  type Kept,
  keep,
  wantedImage,
} from './engine-spec.ts';
import { takeLease } from './lease.ts';

/** Time for a container to end in order. What was inserted is on disk either way. */
export const STOP_MS_MAX = 10_000;
/** Another process may be pulling for the same home. */
const LEASE_MS_MAX = 10_000;
/** Docker lets go of the ports of a container before it says that it ended. */
const PORT_WAIT_MS = 300;

export interface BringUpOptions {
  /** To be ready, once the image is there. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Ask the registry also when the image is here, and make the container anew when it is another one now. */
  readonly refresh?: boolean;
  /** Ports are fixed: somebody speaks to them already. */
  readonly keepPorts?: boolean;
  /** The image that worked last, where one did, and not what the settings say. */
  readonly keepImage?: boolean;
  readonly onPull?: (progress: PullProgress) => void;
  readonly onStep?: (line: string) => void;
}

export interface BroughtUp {
  readonly outcome: Outcome;
  readonly name: string;
  readonly image: string;
  readonly version: string;
  readonly url: string;
}

/** Rejects with the errors of `findDockerHost`, `Docker`, `pullImage`, `converge` and `awaitReady`; TF_BUSY. */
export async function bringUp(settings: DockerSettings, options: BringUpOptions): Promise<BroughtUp> {
  const docker = openDocker(settings);
  await docker.ping();
  const release = await takeLease(leasePath(settings), LEASE_MS_MAX, options.signal);
  try {
    return await converged(docker, settings, options);
  } finally {
    release();
  }
}

export function leasePath({ paths }: Pick<DockerSettings, 'paths'>): string {
  return join(paths.run, 'docker.lease');
}

export function openDocker(settings: Pick<DockerSettings, 'dockerHost' | 'env'>): Docker {
  return new Docker(findDockerHost({ configured: settings.dockerHost, env: settings.env }));
}

async function converged(docker: Docker, settings: DockerSettings, options: BringUpOptions): Promise<BroughtUp> {
  const { onStep = () => {}, signal, refresh = false, timeoutMs } = options;
  const before = await keep(settings);
  // Read with the lease in hand: an upgrade may have changed it while this waited.
  const image = (options.keepImage === true && before.image) || wantedImage(settings, before);
  const existing = await docker.container(engineName(before));
  checkHome(existing, settings);
  await haveImage(docker, image, options);
  const kept = options.keepPorts === true ? before : await keepWithPorts(settings, existing, onStep);
  const spec = engineSpec(settings, kept, image, await docker.memoryBytes());
  const recreate = refresh && existing !== null && existing.imageId !== (await docker.imageId(image));
  onStep(existing === null ? `creating the container ${spec.name}` : `container ${spec.name} is ${existing.status}`);
  const change = await converge(docker, spec, { recreate, stopMs: STOP_MS_MAX });
  const version = await readyOrUndone(docker, settings, kept, spec, change, { timeoutMs, signal });
  await change.settle();
  await keep(settings, (now) => ({ ...now, image }));
  return { outcome: change.outcome, name: spec.name, image, version, url: engineEndpoint(settings, kept).url };
}

/** Fetches an image that is not here. What cannot be fetched anew (`refresh`) is no failure while it is here. */
export async function haveImage(
  docker: Docker,
  image: string,
  options: Pick<BringUpOptions, 'refresh' | 'signal' | 'onPull' | 'onStep'>,
): Promise<void> {
  const { refresh = false, signal, onPull, onStep = () => {} } = options;
  const isHere = (await docker.imageId(image)) !== null;
  if (isHere && !refresh) return;
  try {
    await pullImage(docker, image, { signal, ...(onPull && { onProgress: onPull }) });
  } catch (cause) {
    if (!isHere || signal.aborted) throw cause;
    onStep(`${image} could not be fetched anew; taking the one that is here`);
  }
}

/** A container that runs holds its own ports; for any other they must be free, or are chosen anew. */
export async function keepWithPorts(
  settings: DockerSettings,
  existing: ContainerState | null,
  onStep: (line: string) => void,
): Promise<Kept> {
  return keep(settings, async (kept) => {
    const ownsPorts = existing !== null && existing.status !== 'exited' && existing.status !== 'created';
    if (ownsPorts) return kept;
    const moved = (from: number, to: number) => onStep(`port ${from} is taken by another program; using ${to}`);
    return { ...kept, ...(await withFreePorts(kept, moved, PORT_WAIT_MS)) };
  });
}

async function readyOrUndone(
  docker: Docker,
  settings: DockerSettings,
  kept: Kept,
  spec: ContainerSpec,
  change: Converged,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  try {
    return await awaitReady(docker, spec.name, engineEndpoint(settings, kept), limits);
  } catch (cause) {
    await change.undo().catch((failure: unknown) => {
      const { code, message, hints } = asTrackflowError(cause);
      throw new TrackflowError(code, `${message}\nand it could not be undone: ${asTrackflowError(failure).message}`, {
        hints: [...hints, 'trackflow engine status'],
        cause,
      });
    });
    throw cause;
  }
}

function asTrackflowError(cause: unknown): TrackflowError {
  return cause instanceof TrackflowError ? cause : new TrackflowError('TF_FAILED', String(cause), { cause });
}
