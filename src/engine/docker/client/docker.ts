/**
 * What we ask of Docker, with a time limit on every question: the only importer of dockerode.
 *
 * Promises: a failure is a TrackflowError that says what could not be done (`docker-error.ts`); what is not there is null
 * or false, not a failure; making what is there and removing what is not are no failures either. Nothing here decides
 * what to do: `converge.ts` does.
 */
import Dockerode, { type ContainerStats } from 'dockerode';
import { type ArchiveFile, tarOf } from '../../../archive/tar.ts';
import { type ContainerSpec, LABEL } from './container-spec.ts';
import { type ContainerState, creation, stateOf } from './container-wire.ts';
import { dockerError, statusOf } from './docker-error.ts';
import type { DockerHost } from './docker-host.ts';
import { OutputFrames } from './output-frames.ts';

/** A healthy daemon answers in milliseconds; one that starts many containers may take seconds. */
const PING_MS_MAX = 2_000;
const CALL_MS_MAX = 30_000;

export interface DockerFacts {
  readonly version: string;
  readonly apiVersion: string;
}

/** The signal that ends a call, as the library takes it; its types do not name it everywhere. */
type Limit = object;
type Untyped<T> = (limit: Limit) => Promise<T>;

export class Docker {
  readonly host: DockerHost;
  readonly #api: Dockerode;

  constructor(host: DockerHost) {
    this.host = host;
    // What is left out here the library would take from the environment, which has been read already.
    this.#api = new Dockerode({ protocol: 'http', host: undefined, port: undefined, ...host.connection } as object);
  }

  /** Rejects with TF_DOCKER_UNAVAILABLE, TF_PERMISSION or TF_TIMEOUT, within two seconds. */
  async ping(): Promise<DockerFacts> {
    return this.#do('answer', PING_MS_MAX, async (limit) => {
      const { Version, ApiVersion } = await (this.#api.version as Untyped<Dockerode.DockerVersion>).call(
        this.#api,
        limit,
      );
      return { version: Version, apiVersion: ApiVersion };
    });
  }

  /** Memory of the machine that Docker runs on, bytes. */
  memoryBytes(): Promise<number> {
    const info = this.#api.info as Untyped<{ MemTotal: number }>;
    return this.#do(
      'tell about its machine',
      CALL_MS_MAX,
      async (limit) => (await info.call(this.#api, limit)).MemTotal,
    );
  }

  /** Digest of a local image; null when it is not here. */
  imageId(image: string): Promise<string | null> {
    return this.#maybe(`look for the image ${image}`, async (limit) => {
      return (await this.#api.getImage(image).inspect(limit)).Id;
    });
  }

  /** Begins to fetch an image; the stream is Docker's NDJSON. Ends with `signal`. */
  pull(image: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    return this.#api.pull(image, { abortSignal: signal });
  }

  /** A container by name or id; null when there is none. */
  container(name: string): Promise<ContainerState | null> {
    return this.#maybe(`look at the container ${name}`, async (limit) =>
      stateOf(await this.#api.getContainer(name).inspect(limit)),
    );
  }

  /** Makes the network if it is not there. True when it was made. */
  async ensureNetwork(name: string, labels: ContainerSpec['labels']): Promise<boolean> {
    const network = this.#api.getNetwork(name);
    const found = await this.#maybe(`look at the network ${name}`, (limit) =>
      (network.inspect as Untyped<object>).call(network, limit),
    );
    if (found !== null) return false;
    await this.#do(`create the network ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.createNetwork({ Name: name, Labels: labels, ...limit }),
    );
    return true;
  }

  /** Range of a network's addresses, like `172.18.0.0/16`; null when there is no such network, empty when it has none. */
  async networkRange(name: string): Promise<string | null> {
    const network = this.#api.getNetwork(name);
    const found = await this.#maybe(`look at the network ${name}`, (limit) =>
      (network.inspect as Untyped<Dockerode.NetworkInspectInfo>).call(network, limit),
    );
    return found === null ? null : (found.IPAM?.Config?.[0]?.Subnet ?? '');
  }

  /** Makes a network in whose range (`subnet`) containers may be given addresses. */
  async createNetwork(name: string, labels: ContainerSpec['labels'], subnet: string): Promise<void> {
    await this.#do(`create the network ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.createNetwork({ Name: name, Labels: labels, IPAM: { Config: [{ Subnet: subnet }] }, ...limit }),
    );
  }

  /** Makes the volume if it is not there. True when it was made. */
  async ensureVolume(name: string, labels: ContainerSpec['labels']): Promise<boolean> {
    const found = await this.#maybe(`look at the volume ${name}`, (limit) => this.#api.getVolume(name).inspect(limit));
    if (found !== null) return false;
    await this.#do(`create the volume ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.createVolume({ Name: name, Labels: labels, ...limit }),
    );
    return true;
  }

  /**
   * Makes the container, with its files, and leaves it stopped. Its network, volumes and image must be there. `limits` false
   * leaves the limits of its processes as Docker's own.
   */
  async createContainer(spec: ContainerSpec, limits = true): Promise<void> {
    const container = await this.#do(`create the container ${spec.name}`, CALL_MS_MAX, (limit) =>
      this.#api.createContainer({ ...creation(spec, limits), ...limit } as Dockerode.ContainerCreateOptions),
    );
    const files = spec.files.map(
      ({ path, content }): ArchiveFile => ({ name: path.replace(/^\//, ''), content, owner: spec.owner }),
    );
    await this.#do(`put the configuration into ${spec.name}`, CALL_MS_MAX, (limit) =>
      container.putArchive(tarOf(files, 0), { path: '/', ...limit }),
    );
  }

  async start(name: string): Promise<void> {
    await this.#unless([304], `start the container ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.getContainer(name).start(limit),
    );
  }

  async unpause(name: string): Promise<void> {
    await this.#do(`let the container ${name} go on`, CALL_MS_MAX, (limit) =>
      this.#api.getContainer(name).unpause(limit),
    );
  }

  /** Asks it to end, and kills it after `timeoutMs` (whole seconds). */
  async stop(name: string, timeoutMs: number): Promise<void> {
    const t = Math.max(1, Math.ceil(timeoutMs / 1_000));
    await this.#unless([304, 404], `stop the container ${name}`, t * 1_000 + CALL_MS_MAX, (limit) =>
      this.#api.getContainer(name).stop({ t, ...limit }),
    );
  }

  /** Removes a container, running or not. Volumes with a name stay. */
  async removeContainer(name: string): Promise<void> {
    await this.#unless([404], `remove the container ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.getContainer(name).remove({ force: true, v: true, ...limit }),
    );
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#unless([404], `remove the network ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.getNetwork(name).remove(limit),
    );
  }

  /** Deletes a volume and the data in it. */
  async removeVolume(name: string): Promise<void> {
    await this.#unless([404], `delete the volume ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.getVolume(name).remove(limit),
    );
  }

  async rename(name: string, to: string): Promise<void> {
    await this.#do(`rename the container ${name}`, CALL_MS_MAX, (limit) =>
      this.#api.getContainer(name).rename({ name: to, ...limit }),
    );
  }

  /** One reading of what it uses; null when it does not run. */
  stats(name: string): Promise<ContainerStats | null> {
    const options = { stream: false, 'one-shot': true };
    return this.#maybe(`measure the container ${name}`, async (limit) => {
      const found: unknown = await this.#api.getContainer(name).stats({ ...options, ...limit } as { stream: false });
      return found as ContainerStats;
    });
  }

  /** The last lines of its output, as it wrote them. */
  async lastOutput(name: string, lines: number): Promise<string> {
    const options = { follow: false, stdout: true, stderr: true, tail: lines } as const;
    const output = await this.#maybe(`read the output of ${name}`, (limit) =>
      this.#api.getContainer(name).logs({ ...options, ...limit }),
    );
    return output === null ? '' : new OutputFrames().take(output as unknown as Buffer).join('');
  }

  /**
   * Its output from `sinceSeconds` (epoch) on, with Docker's time before each line, framed as `OutputFrames` reads it;
   * with `follow` also what comes, until it ends.
   */
  output(
    name: string,
    { sinceSeconds, follow, signal }: { sinceSeconds: string; follow: boolean; signal: AbortSignal },
  ): Promise<Iterable<Buffer> | AsyncIterable<Buffer>> {
    const since = sinceSeconds as unknown as number;
    const options = { stdout: true, stderr: true, timestamps: true, since, abortSignal: signal } as const;
    const container = this.#api.getContainer(name);
    return this.#do(`read the output of ${name}`, 0, async () => {
      if (!follow) return [(await container.logs({ ...options, follow: false })) as unknown as Buffer];
      return (await container.logs({ ...options, follow: true })) as unknown as AsyncIterable<Buffer>;
    });
  }

  /** Names of the containers and volumes with the label `id` and one of these kinds, in their order. */
  async owned(id: string, kinds: readonly string[]): Promise<{ containers: string[]; volumes: string[] }> {
    const filters = { label: [`${LABEL.id}=${id}`] };
    const isWanted = ({ Labels }: { Labels?: Record<string, string> | null }) =>
      kinds.includes(Labels?.[LABEL.kind] ?? '');
    return this.#do('list what belongs to this instance', CALL_MS_MAX, async (limit) => {
      const containers = await this.#api.listContainers({ all: true, filters, ...limit });
      const { Volumes: volumes } = await this.#api.listVolumes({ filters, ...limit } as object);
      return {
        containers: containers
          .filter(isWanted)
          .map(({ Names }) => Names[0]!.replace(/^\//, ''))
          .sort(),
        volumes: (volumes ?? [])
          .filter(isWanted)
          .map(({ Name }) => Name)
          .sort(),
      };
    });
  }

  /** What happens to containers with the label `id`, as Docker's NDJSON. */
  events(id: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    const filters = { type: ['container' as const], label: [`${LABEL.id}=${id}`] };
    return this.#do('tell what happens', 0, () => this.#api.getEvents({ filters, abortSignal: signal }));
  }

  /** Null where the answer is 404. */
  #maybe<T>(action: string, call: (limit: Limit) => Promise<T>): Promise<T | null> {
    return this.#unless([404], action, CALL_MS_MAX, call);
  }

  /** Null where Docker answers with one of `statuses`. */
  async #unless<T>(
    statuses: readonly number[],
    action: string,
    timeoutMs: number,
    call: (limit: Limit) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await call({ abortSignal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      if (statuses.includes(statusOf(cause))) return null;
      throw dockerError(cause, action, this.host);
    }
  }

  /** `timeoutMs` 0: the call brings its own signal. */
  async #do<T>(action: string, timeoutMs: number, call: (limit: Limit) => Promise<T>): Promise<T> {
    try {
      return await call(timeoutMs === 0 ? {} : { abortSignal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      throw dockerError(cause, action, this.host);
    }
  }
}
