/**
 * From whatever is there to a cluster that answers: what `trackflow start`, `trackflow cluster up` and `trackflow cluster
 * scale` do.
 *
 * Promises: one process at a time changes anything; every wait has an end; what did not get ready leaves nothing that was
 * not there before, and what it replaced runs again. No volume is ever deleted here but one that this very call made and
 * undid.
 */
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { type BringUpOptions, haveImage, leasePath, openDocker } from '../docker/bring-up.ts';
import { type ContainerSpec, LABEL } from '../docker/client/container-spec.ts';
import type { Docker } from '../docker/client/docker.ts';
import { checkHome, type DockerSettings, type Kept, keep, PINNED_IMAGE } from '../docker/engine-spec.ts';
import { takeLease } from '../docker/lease.ts';
import { freePort, portIsFree } from '../ports.ts';
import { awaitNode } from './await-node.ts';
import { Change, type MemberOutcome } from './change.ts';
import { type ClusterFile, type ClusterShape, readCluster, writeCluster } from './cluster-file.ts';
import { ensureClusterNetwork } from './network.ts';
import { clusterSpecs, NODE_KIND } from './node-spec.ts';
import { clusterName, type Node, nodesOf } from './topology.ts';

/** Another process may be pulling for the same home. */
const LEASE_MS_MAX = 10_000;
const SECRET_BYTES = 32;

export type ClusterUpOptions = Pick<BringUpOptions, 'timeoutMs' | 'signal' | 'onPull' | 'onStep'>;

export interface BroughtUpCluster {
  readonly file: ClusterFile;
  readonly name: string;
  readonly members: readonly MemberOutcome[];
  readonly version: string;
  /** Stops what this call has started or made. */
  readonly stop: () => Promise<void>;
}

/**
 * Brings up the cluster of the home in this shape. Nodes that are made anew, because they
 * have to know of others, are so one after the other. Rejects with the errors of
 * `findDockerHost`, `Docker`, `pullImage`, `converge` and `awaitNode`, and TF_BUSY.
 */
export async function bringUpCluster(
  settings: DockerSettings,
  shape: ClusterShape,
  options: ClusterUpOptions,
): Promise<BroughtUpCluster> {
  const docker = openDocker(settings);
  await docker.ping();
  const release = await takeLease(leasePath(settings), LEASE_MS_MAX, options.signal);
  try {
    return await converged(docker, settings, shape, options);
  } finally {
    release();
  }
}

async function converged(
  docker: Docker,
  settings: DockerSettings,
  shape: ClusterShape,
  options: ClusterUpOptions,
): Promise<BroughtUpCluster> {
  const { onStep = () => {} } = options;
  const kept = await keep(settings);
  const before = readCluster(settings);
  const image = settings.image || before?.image || PINNED_IMAGE;
  await haveImage(docker, image, options);
  const name = clusterName(kept);
  const { subnet, made } = await ensureClusterNetwork(docker, name, labelsOf(settings, kept));
  const change = new Change(docker, onStep);
  if (made) change.undoLater(() => docker.removeNetwork(name));
  try {
    const file = await completed(docker, settings, kept, before, { ...shape, image, subnet }, onStep);
    const version = await bringMembers({ docker, settings, kept, before, file, change, recreate: made }, options);
    await change.settle();
    writeCluster(settings, file);
    return { file, name, members: change.members, version, stop: () => change.stop() };
  } catch (cause) {
    throw await change.undo(cause);
  }
}

interface Parts {
  readonly docker: Docker;
  readonly settings: DockerSettings;
  readonly kept: Kept;
  readonly before: ClusterFile | null;
  readonly file: ClusterFile;
  readonly change: Change;
  /** Also those that are as they should be: their network is another one now. */
  readonly recreate: boolean;
}

/** Returns ClickHouse's version. Nodes that are new answer before the others come to know of them. */
async function bringMembers(parts: Parts, { timeoutMs, signal }: ClusterUpOptions): Promise<string> {
  const { docker, settings, kept, before, file, change, recreate } = parts;
  const specs = clusterSpecs(settings, kept, file, file.image, await docker.memoryBytes());
  for (const spec of specs.keepers) await change.bring(spec, recreate);
  const deadline = performance.now() + timeoutMs;
  const ready = (node: Node) =>
    awaitNode(docker, settings, kept, file, node, { timeoutMs: Math.max(1, deadline - performance.now()), signal });
  const nodes = nodesOf(kept, file, file.subnet).map((node, index) => ({ node, spec: specs.nodes[index]! }));
  const isNew = ({ node }: { node: Node }) => before?.ports[node.name] === undefined;
  const versions: string[] = [];
  for (const group of [nodes.filter(isNew), nodes.filter((one) => !isNew(one))]) {
    const waiting: Node[] = [];
    for (const { node, spec } of group) {
      // One that was there is away while it is made anew: no second one at the same time.
      if ((await change.bring(spec, recreate)) === 'recreated') versions.push(await ready(node));
      else waiting.push(node);
    }
    versions.push(...(await Promise.all(waiting.map(ready))));
  }
  return versions[0]!;
}

/** Ports, secret and the rest: as they are kept, made up where they are not. */
async function completed(
  docker: Docker,
  settings: DockerSettings,
  kept: Kept,
  before: ClusterFile | null,
  now: Pick<ClusterFile, 'shards' | 'replicas' | 'image' | 'subnet'>,
  onStep: (line: string) => void,
): Promise<ClusterFile> {
  const ports: Record<string, number> = {};
  for (const { name, container } of nodesOf(kept, now, now.subnet)) {
    const existing = await docker.container(container);
    checkHome(existing, settings);
    const port = before?.ports[name] ?? (await freePort());
    const isOwn = existing !== null && existing.status !== 'exited' && existing.status !== 'created';
    ports[name] = isOwn || (await portIsFree(port)) ? port : await freePort();
    if (ports[name] !== port) onStep(`port ${port} is taken by another program; using ${ports[name]}`);
  }
  return { ...now, secret: before?.secret ?? randomBytes(SECRET_BYTES).toString('hex'), ports };
}

function labelsOf({ home }: DockerSettings, { instance }: Kept): ContainerSpec['labels'] {
  return { [LABEL.id]: instance, [LABEL.kind]: NODE_KIND, [LABEL.home]: realpathSync(home) };
}
