import type Dockerode from 'dockerode';
import { type ContainerSpec, LABEL, specHash } from './container-spec.ts';

/** Bounds of Docker's own copy of a container's output. */
const LOG_OPTIONS = { 'max-size': '10m', 'max-file': '3' };
/** What an entry point needs that starts as root, prepares its directories and steps down. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
const NANO = 1e9;
const HEALTH = { intervalMs: 5_000, timeoutMs: 5_000, startMs: 60_000, retries: 3 };

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Digest of the image it was made from. */
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** What Docker says went wrong with the last start; empty when nothing did. */
  readonly error: string;
  /** Restarts by Docker's own policy since it was started by hand. */
  readonly restarts: number;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Milliseconds since the epoch of its last start; NaN when it never was. */
  readonly startedAt: number;
  /** Published loopback ports, those inside by those outside. */
  readonly ports: ReadonlyMap<number, number>;
}

/** The body of the question that makes a container. */
export function creation(spec: ContainerSpec, limits: boolean): object {
  const ports = spec.ports.map(({ inside, outside }) => [`${inside}/tcp`, outside] as const);
  return {
    name: spec.name,
    Image: spec.image,
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels, [LABEL.config]: specHash(spec) },
    ExposedPorts: Object.fromEntries(ports.map(([inside]) => [inside, {}])),
    Healthcheck: {
      Test: ['CMD', ...spec.healthCheck],
      Interval: HEALTH.intervalMs * 1e6,
      Timeout: HEALTH.timeoutMs * 1e6,
      StartPeriod: HEALTH.startMs * 1e6,
      Retries: HEALTH.retries,
    },
    ...(spec.address !== undefined && {
      NetworkingConfig: { EndpointsConfig: { [spec.network]: { IPAMConfig: { IPv4Address: spec.address } } } },
    }),
    HostConfig: {
      NetworkMode: spec.network,
      PortBindings: Object.fromEntries(
        ports.map(([inside, outside]) => [inside, [{ HostIp: '127.0.0.1', HostPort: String(outside) }]]),
      ),
      Mounts: Object.entries(spec.volumes).map(([Target, Source]) => ({ Type: 'volume', Source, Target })),
      RestartPolicy: { Name: 'unless-stopped' },
      Memory: spec.memoryBytesMax,
      // No swap: an engine that swaps is slower than one that is restarted.
      MemorySwap: spec.memoryBytesMax,
      NanoCpus: spec.cpusMax * NANO,
      PidsLimit: spec.pidsMax,
      ...(limits && { Ulimits: [{ Name: 'nofile', Soft: spec.openFilesMax, Hard: spec.openFilesMax }] }),
      CapDrop: ['ALL'],
      CapAdd: CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: LOG_OPTIONS },
    },
  };
}

/** What Docker tells of a container, in our words. */
export function stateOf(found: Dockerode.ContainerInspectInfo): ContainerState {
  const { State, HostConfig, Config } = found;
  const ports = Object.entries((HostConfig.PortBindings ?? {}) as Record<string, { HostPort: string }[]>).map(
    ([inside, [outside]]) => [Number.parseInt(inside, 10), Number(outside?.HostPort)] as const,
  );
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: Config.Image,
    imageId: found.Image,
    labels: Config.Labels ?? {},
    status: State.Status as ContainerState['status'],
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    error: State.Error,
    restarts: found.RestartCount,
    health: (State.Health?.Status ?? 'none') as ContainerState['health'],
    startedAt: State.StartedAt.startsWith('0001') ? Number.NaN : Date.parse(State.StartedAt),
    ports: new Map(ports),
  };
}

/** Docker puts a header before each write of a container: where it went, and its length at byte 4. */
export const FRAME_HEADER_BYTES = 8;
