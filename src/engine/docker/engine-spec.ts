import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadLimits } from '../../clickhouse/client.ts';
import type { Endpoint } from '../../clickhouse/endpoint.ts';
import { TrackflowError } from '../../errors/error.ts';
import { changeEngineFile, type EngineFile, engineFileError } from '../engine-file.ts';
import { memoryCap, READER, WRITER } from '../server-config.ts';
import { type ContainerSpec, LABEL } from './client/container-spec.ts';
import type { ContainerState } from './client/container-wire.ts';
import { serverFiles } from './server-files.ts';

/**
 * The official image of the release with long support that is newer than the embedded engine, so that data can move
 * either way a database can: forward.
 */
export const PINNED_IMAGE = 'clickhouse/clickhouse-server:26.8.15.10';

export const ENGINE_KIND = 'engine';
/** Where the image keeps its data, and where it listens. */
export const DATA_FOLDER = '/var/lib/clickhouse';
export const HTTP_PORT = 8123;
export const TCP_PORT = 9000;
/** The image makes its user with these on purpose, the same in every variant. */
const CLICKHOUSE_USER = { user: 101, group: 101 };
const OPEN_FILES_MAX = 262_144;
const PIDS_MAX = 4_096;
const MIB = 1024 * 1024;
const ROOM_SHARE = 0.25;
const ROOM_BYTES_MIN = 256 * MIB;
const ID_DIGITS = 12;

/** What the configuration and the home say about an engine in a container. */
export interface DockerSettings {
  readonly home: string;
  readonly paths: { readonly run: string; readonly logs: string };
  readonly database: string;
  /** Empty: what worked last, else the pinned one. */
  readonly image: string;
  /** Memory cap of ClickHouse in bytes; 0 derives it from the machine. */
  readonly memoryBytesMax: number;
  readonly cpusMax: number;
  readonly query: ReadLimits;
  /** `engine.dockerHost`. */
  readonly dockerHost: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The settings of an instance, from its paths and its configuration. */
export function dockerSettings(
  { home, run, logs }: { readonly home: string; readonly run: string; readonly logs: string },
  config: {
    readonly engine: Pick<DockerSettings, 'database' | 'image' | 'memoryBytesMax' | 'cpusMax' | 'dockerHost'>;
    readonly query: ReadLimits;
  },
  env: DockerSettings['env'],
): DockerSettings {
  const { database, image, memoryBytesMax, cpusMax, dockerHost } = config.engine;
  const engine = { database, image, memoryBytesMax, cpusMax, dockerHost };
  return { home, paths: { run, logs }, query: config.query, ...engine, env };
}

/** What is kept in the home, complete: ports, passwords and the id, made up where they are missing. */
export type Kept = EngineFile & { readonly instance: string };

export function engineFilePath({ paths }: Pick<DockerSettings, 'paths'>): string {
  return join(paths.run, 'engine.json');
}

/** Reads what is kept, after `change`. Throws TF_IO and what `fileError` gives. */
export async function keep(
  settings: Pick<DockerSettings, 'home' | 'paths'>,
  change: (kept: Kept) => Kept | Promise<Kept> = (kept) => kept,
): Promise<Kept> {
  const path = engineFilePath(settings);
  try {
    return (await changeEngineFile(path, (file) =>
      change({ ...file, instance: file.instance ?? idOf(settings.home) }),
    )) as Kept;
  } catch (cause) {
    throw cause instanceof TrackflowError ? cause : engineFileError(cause, path);
  }
}

/** Of the path, so that a home whose `run/` is lost finds its data again; kept, so that a home may move. */
function idOf(home: string): string {
  return createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, ID_DIGITS);
}

/** Name of the container, its network and its volume. */
export function engineName({ instance }: Pick<Kept, 'instance'>): string {
  return `trackflow-${instance}`;
}

/** Which image it is to be. */
export function wantedImage(settings: Pick<DockerSettings, 'image'>, kept: Kept): string {
  return settings.image || kept.image || PINNED_IMAGE;
}

export function engineEndpoint(settings: DockerSettings, kept: Kept): Endpoint {
  return {
    url: `http://127.0.0.1:${kept.httpPort}`,
    database: settings.database,
    writer: { user: WRITER, password: kept.writerPassword },
    reader: { user: READER, password: kept.readerPassword },
  };
}

/** The one container of an instance. `machineBytes` is the memory of the machine that Docker runs on. */
export function engineSpec(settings: DockerSettings, kept: Kept, image: string, machineBytes: number): ContainerSpec {
  const name = engineName(kept);
  const cap = memoryCap(settings.memoryBytesMax, machineBytes);
  const { database, query: limits } = settings;
  const { writerPassword, readerPassword } = kept;
  return {
    name,
    image,
    network: name,
    volumes: { [DATA_FOLDER]: name },
    files: serverFiles({ database, writerPassword, readerPassword, limits, memoryBytesMax: cap }),
    owner: CLICKHOUSE_USER,
    // Our file of users is complete: the image's entry point has nothing to make up.
    environment: { CLICKHOUSE_SKIP_USER_SETUP: '1' },
    ports: [
      { inside: HTTP_PORT, outside: kept.httpPort },
      { inside: TCP_PORT, outside: kept.tcpPort },
    ],
    // The cap counts what ClickHouse allocates; the system's cache of its files needs room beside it.
    memoryBytesMax: cap + Math.max(Math.floor(cap * ROOM_SHARE), ROOM_BYTES_MIN),
    cpusMax: settings.cpusMax,
    pidsMax: PIDS_MAX,
    openFilesMax: OPEN_FILES_MAX,
    healthCheck: ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${HTTP_PORT}/ping`],
    labels: { [LABEL.id]: kept.instance, [LABEL.kind]: ENGINE_KIND, [LABEL.home]: realpathSync(settings.home) },
  };
}

/** Two homes with one id are a home and its copy: throws TF_HOME_IN_USE while the other one is still there. */
export function checkHome(found: ContainerState | null, { home }: Pick<DockerSettings, 'home'>): void {
  const other = found?.labels[LABEL.home];
  if (other === undefined || other === realpathSync(home) || !existsSync(join(other, 'run', 'engine.json'))) return;
  throw new TrackflowError(
    'TF_HOME_IN_USE',
    `${home} is a copy of ${other}, and the container ${found!.name} belongs to that`,
    {
      hints: [
        `to use that one: trackflow status --home ${other}`,
        `for one of its own: delete ${join(home, 'run', 'engine.json')}`,
      ],
    },
  );
}
