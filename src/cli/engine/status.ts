import { resolveConfig } from '../../config/resolve.ts';
import type { Status } from '../../control/protocol.ts';
import { openDocker } from '../../engine/docker/bring-up.ts';
import type { ContainerState } from '../../engine/docker/client/container-wire.ts';
import { UsageMeter } from '../../engine/docker/container-usage.ts';
import { engineFilePath, engineName } from '../../engine/docker/engine-spec.ts';
import { readEngineFile } from '../../engine/engine-file.ts';
import { placeOf, readPlace } from '../../engine/place.ts';
import { ERRORS } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { readStatus } from '../status/read-status.ts';
import { engineConfig, settingsOf } from './up.ts';

export interface EngineStatusReport {
  readonly schema: 'trackflow.engine-status/1';
  readonly kind: Status['engine']['kind'];
  /** What the running daemon says of it; null when none runs. */
  readonly daemon: Pick<Status['engine'], 'state' | 'version' | 'url'> | null;
  /** Null for kinds without Docker. */
  readonly docker: { readonly address: string; readonly from: string; readonly version: string } | null;
  /** Null where there is none. */
  readonly container: ContainerReport | null;
}

export type ContainerReport = Omit<ContainerState, 'ports' | 'labels' | 'startedAt'> & {
  readonly startedAt: string | null;
  readonly ports: Readonly<Record<string, number>>;
  readonly memoryBytes: number | null;
  readonly memoryBytesMax: number | null;
};

/** Exit code 0 when the engine runs, 3 when not. Throws what Docker's absence throws, where it is needed. */
export async function engineStatus(instance: Instance): Promise<{ report: EngineStatusReport; exit: number }> {
  const { running } = await readStatus(instance, { strict: false });
  const kind = running?.engine.kind ?? kindOf(instance);
  const daemon =
    running === undefined
      ? null
      : { state: running.engine.state, version: running.engine.version, url: running.engine.url };
  const found = kind === 'docker' ? await lookAtDocker(instance) : { docker: null, container: null };
  const isUp = kind === 'docker' ? found.container?.status === 'running' : daemon?.state === 'ready';
  const report = { schema: 'trackflow.engine-status/1', kind, daemon, ...found } as const;
  return { report, exit: isUp ? 0 : ERRORS.TF_NOT_RUNNING.exit };
}

/** What was configured; else docker where a container was once made, unless the data was carried away from it. */
function kindOf(instance: Instance): Status['engine']['kind'] {
  const { home, env, paths } = instance;
  const { engine } = resolveConfig({ home, env }).config;
  const isMoved = readPlace(paths.run)?.includes(placeOf(engine)) === true;
  return engine.kind === 'embedded' && !isMoved && hadContainer(instance) ? 'docker' : engine.kind;
}

/** Whether ClickHouse ever got ready in a container: only then its image is kept. An id alone is only a name. */
export function hadContainer({ paths }: Instance): boolean {
  return readEngineFile(engineFilePath({ paths }))?.image !== undefined;
}

function instanceId({ paths }: Instance): string | undefined {
  return readEngineFile(engineFilePath({ paths }))?.instance;
}

async function lookAtDocker(instance: Instance): Promise<Pick<EngineStatusReport, 'docker' | 'container'>> {
  const docker = openDocker(settingsOf(instance, (await engineConfig(instance)).config));
  const { version } = await docker.ping();
  const id = instanceId(instance);
  const found = id === undefined ? null : await docker.container(engineName({ instance: id }));
  const { address, from } = docker.host;
  const facts = { address, from, version };
  if (found === null) return { docker: facts, container: null };
  const stats = found.status === 'running' ? await docker.stats(found.name) : null;
  const { memoryBytes, memoryBytesMax } = new UsageMeter().read(stats);
  const { labels: _, startedAt, ports, ...rest } = found;
  const container = {
    ...rest,
    startedAt: Number.isNaN(startedAt) ? null : new Date(startedAt).toISOString(),
    ports: Object.fromEntries(ports),
    memoryBytes: known(memoryBytes),
    memoryBytesMax: known(memoryBytesMax),
  };
  return { docker: facts, container };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
