/**
 * Where the Docker daemon is, found the way the docker command finds it: what was configured, `DOCKER_HOST`, the chosen
 * context, the usual sockets. Only daemons of this machine will do: the engine's ports are published on loopback.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TrackflowError } from '../../../errors/error.ts';

export interface DockerHost {
  readonly connection: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** As people write it: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Who named it: `engine.dockerHost`, `DOCKER_HOST`, `the context NAME` or `the default`. */
  readonly from: string;
}

export interface DockerHostSources {
  /** `engine.dockerHost`; empty leaves the choice to the environment. */
  readonly configured: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const UNIX = 'unix://';
const DEFAULT_SOCKET = '/var/run/docker.sock';
const TCP_PORT = 2375;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Throws TF_DOCKER_UNAVAILABLE for an address of a kind we cannot use, TF_CONFIG for a context that is not there. */
export function findDockerHost(sources: DockerHostSources): DockerHost {
  const { address, from } = namedAddress(sources) ?? { address: defaultAddress(sources.env), from: 'the default' };
  return { connection: connectionTo(address, from), address, from };
}

type Named = Pick<DockerHost, 'address' | 'from'>;

function namedAddress({ configured, env }: DockerHostSources): Named | undefined {
  if (configured !== '') return { address: configured, from: 'engine.dockerHost' };
  if (env.DOCKER_HOST) return { address: env.DOCKER_HOST, from: 'DOCKER_HOST' };
  const folder = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
  const context = env.DOCKER_CONTEXT || readText(readJson(join(folder, 'config.json')), 'currentContext');
  if (context === '' || context === 'default') return undefined;
  return { address: contextAddress(folder, context), from: `the context ${context}` };
}

/** Docker keeps a context in a folder that is named by the hash of its name. */
function contextAddress(folder: string, context: string): string {
  const hash = createHash('sha256').update(context).digest('hex');
  const meta = readJson(join(folder, 'contexts', 'meta', hash, 'meta.json'));
  const address = readText(readObject(readObject(meta, 'Endpoints'), 'docker'), 'Host');
  if (address !== '') return address;
  throw new TrackflowError('TF_CONFIG', `the Docker context ${JSON.stringify(context)} is not in ${folder}`, {
    hints: ['docker context ls', 'docker context use default'],
  });
}

/** The daemon of the system, else one without root rights, else that of Docker Desktop. */
function defaultAddress(env: DockerHostSources['env']): string {
  const home = env.HOME || homedir();
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets = [
    DEFAULT_SOCKET,
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
  ];
  return UNIX + (sockets.find((path) => existsSync(path)) ?? DEFAULT_SOCKET);
}

function connectionTo(address: string, from: string): DockerHost['connection'] {
  if (address.startsWith(`${UNIX}/`)) return { socketPath: address.slice(UNIX.length) };
  const url = URL.parse(address);
  if (url?.protocol !== 'tcp:') throw unusable(address, from, 'only unix:// and tcp:// are spoken');
  if (!LOOPBACK.includes(url.hostname)) {
    throw unusable(address, from, 'it is another machine, where the ports of the engine would be out of reach');
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || TCP_PORT };
}

function unusable(address: string, from: string, why: string): TrackflowError {
  return new TrackflowError('TF_DOCKER_UNAVAILABLE', `${from} names the Docker daemon ${address}: ${why}`, {
    hints: [
      'use a daemon of this machine: DOCKER_HOST=unix:///var/run/docker.sock',
      'for ClickHouse on another machine: trackflow start --engine url --engine-url http://HOST:8123',
    ],
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function readObject(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function readText(value: unknown, name: string): string {
  const found = readObject(value, name);
  return typeof found === 'string' ? found : '';
}
