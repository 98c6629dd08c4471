/**
 * Brings one container from whatever is there to what it should be.
 *
 * Promises: never two containers of one name; a volume is never deleted unless this very call made it and is undone; what
 * is replaced stays, stopped and renamed, until `settle`, and comes back with `undo`. Always true: after a crash in
 * between, the next call finds either the container or its predecessor under the other name, and goes on from there.
 */
import { TrackflowError } from '../../errors/error.ts';
import { type ContainerSpec, LABEL, specHash } from './client/container-spec.ts';
import type { ContainerState } from './client/container-wire.ts';
import type { Docker } from './client/docker.ts';
import { refusesLimits } from './client/docker-error.ts';

/** `adopted`: it ran already, as it should be. */
export type Outcome = 'created' | 'started' | 'adopted' | 'recreated';

export interface Converged {
  readonly outcome: Outcome;
  /** It works: what it replaced is removed. */
  settle(): Promise<void>;
  /** It does not work: everything is as before, as far as that ran. */
  undo(): Promise<void>;
}

export interface ConvergeOptions {
  /** Make it anew even when it is as it should be, as when the image of that name is another one now. */
  readonly recreate?: boolean;
  /** Time for a container that is replaced to end in order, milliseconds. */
  readonly stopMs: number;
}

/** Name under which a replaced container waits. */
export function previousName(name: string): string {
  return `${name}-previous`;
}

/** The image must be there. Rejects as `Docker` does, and with TF_CANNOT_CREATE when the name belongs to somebody else. */
export async function converge(docker: Docker, spec: ContainerSpec, options: ConvergeOptions): Promise<Converged> {
  const existing = await existingContainer(docker, spec);
  if (existing === null) return create(docker, spec);
  // There is one only when a change was cut short: then what stands in its place has not shown yet that it works.
  const hasPrevious = (await docker.container(previousName(spec.name))) !== null;
  const outdated = existing.labels[LABEL.config] !== specHash(spec) || existing.status === 'dead';
  if (outdated || options.recreate === true) return replace(docker, spec, existing, hasPrevious, options);
  const settle = () => docker.removeContainer(previousName(spec.name));
  const restore = () => restorePrevious(docker, spec.name, true);
  if (isUp(existing)) return { outcome: 'adopted', settle, undo: hasPrevious ? restore : async () => {} };
  if (existing.status === 'paused') await docker.unpause(spec.name);
  else await docker.start(spec.name);
  return { outcome: 'started', settle, undo: hasPrevious ? restore : () => docker.stop(spec.name, options.stopMs) };
}

async function existingContainer(docker: Docker, spec: ContainerSpec): Promise<ContainerState | null> {
  const found = await docker.container(spec.name);
  if (found !== null) return checked(found, spec);
  const previous = await docker.container(previousName(spec.name));
  if (previous === null) return null;
  // Whoever renamed it was ended before it made the next one.
  checked(previous, spec);
  await docker.rename(previous.name, spec.name);
  return { ...previous, name: spec.name };
}

function checked(found: ContainerState, spec: ContainerSpec): ContainerState {
  if (found.labels[LABEL.id] === spec.labels[LABEL.id]) return found;
  throw new TrackflowError('TF_CANNOT_CREATE', `there is a container ${found.name} that is none of this instance`, {
    hints: [`docker inspect ${found.name}`, `if nobody needs it: docker rm ${found.name}`],
  });
}

async function create(docker: Docker, spec: ContainerSpec): Promise<Converged> {
  const undoing: (() => Promise<void>)[] = [];
  const undo = async () => {
    for (let step = undoing.pop(); step !== undefined; step = undoing.pop()) await step();
  };
  try {
    if (await docker.ensureNetwork(spec.network, spec.labels)) undoing.push(() => docker.removeNetwork(spec.network));
    for (const volume of Object.values(spec.volumes)) {
      if (await docker.ensureVolume(volume, spec.labels)) undoing.push(() => docker.removeVolume(volume));
    }
    undoing.push(() => docker.removeContainer(spec.name));
    await createAndStart(docker, spec);
  } catch (cause) {
    await undo().catch(() => {});
    throw cause;
  }
  return { outcome: 'created', settle: async () => {}, undo };
}

/** Where limits cannot be raised, those that Docker has are the best there is. */
async function createAndStart(docker: Docker, spec: ContainerSpec): Promise<void> {
  await docker.createContainer(spec);
  try {
    await docker.start(spec.name);
  } catch (cause) {
    if (!refusesLimits(cause)) throw cause;
    await docker.removeContainer(spec.name);
    await docker.createContainer(spec, false);
    await docker.start(spec.name);
  }
}

async function replace(
  docker: Docker,
  spec: ContainerSpec,
  existing: ContainerState,
  hasPrevious: boolean,
  { stopMs }: ConvergeOptions,
): Promise<Converged> {
  const ran = hasPrevious || isUp(existing) || existing.status === 'paused';
  if (existing.status === 'paused') await docker.unpause(spec.name);
  await docker.stop(spec.name, stopMs);
  if (hasPrevious) await docker.removeContainer(spec.name);
  else await docker.rename(spec.name, previousName(spec.name));
  const undo = () => restorePrevious(docker, spec.name, ran);
  try {
    await create(docker, spec);
  } catch (cause) {
    await undo().catch(() => {});
    throw cause;
  }
  return { outcome: 'recreated', settle: () => docker.removeContainer(previousName(spec.name)), undo };
}

async function restorePrevious(docker: Docker, name: string, start: boolean): Promise<void> {
  await docker.removeContainer(name);
  await docker.rename(previousName(name), name);
  if (start) await docker.start(name);
}

function isUp({ status }: ContainerState): boolean {
  return status === 'running' || status === 'restarting';
}
