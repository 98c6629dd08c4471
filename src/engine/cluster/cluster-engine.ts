/**
 * A cluster of containers of ours: shards that are written apart and read together.
 *
 * Promises: each node is found or made and brought up again by itself when it ends; one that cannot be says so and holds up
 * no other. They are stopped when we are closed, and go on when we are killed, to be adopted by the next start. Always true:
 * the number of shards does not change for the life of the object; the state is `ready` from when every shard was there
 * once, while any of them answers: who reads is told which is not.
 */
import type { Endpoint } from '../../clickhouse/endpoint.ts';
import { TrackflowError } from '../../errors/error.ts';
import { STOP_MS_MAX } from '../docker/bring-up.ts';
import type { Docker } from '../docker/client/docker.ts';
import type { ContainerEngine } from '../docker/container-engine.ts';
import type { ContainerFigures, Engine, EngineState, Shard } from '../engine.ts';
import { containersTogether } from './containers-together.ts';
import { ReplicatedShard } from './replicated-shard.ts';

export interface ClusterParts {
  readonly docker: Docker;
  readonly name: string;
  readonly endpoint: Endpoint;
  /** By shard, then by replica. */
  readonly nodes: readonly (readonly ContainerEngine[])[];
  /** Names of containers that run beside the nodes. */
  readonly keepers: readonly string[];
}

export class ClusterEngine implements Engine {
  readonly kind = 'cluster';
  readonly pid = 0;
  readonly endpoint: Endpoint;
  readonly shards: readonly Shard[];
  readonly #parts: ClusterParts;
  readonly #listeners = new Set<(state: EngineState) => void>();
  #wasWhole = false;
  #stopped = false;
  #told: EngineState = 'starting';

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.endpoint = parts.endpoint;
    this.shards = parts.nodes.map((replicas) => new ReplicatedShard(replicas));
    for (const shard of this.shards) shard.onState(() => this.#tell());
  }

  get state(): EngineState {
    if (this.#stopped) return 'stopped';
    if (!this.#wasWhole) return 'starting';
    return this.shards.some(({ state }) => state === 'ready') ? 'ready' : 'down';
  }

  get problem(): string {
    return this.#nodes.find(({ problem }) => problem !== '')?.problem ?? '';
  }

  get version(): string {
    return this.#nodes.find(({ version }) => version !== '')?.version ?? '';
  }

  get container(): ContainerFigures | null {
    return containersTogether(
      this.#parts.name,
      this.#nodes.map(({ container }) => container),
    );
  }

  start(): void {
    for (const node of this.#nodes) node.start();
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Rejects with the reason of the first shard of which no replica gets ready. */
  async ready(timeoutMs: number): Promise<void> {
    await Promise.all(
      this.#parts.nodes.map(async (replicas, index) => {
        try {
          await Promise.any(replicas.map((replica) => replica.ready(timeoutMs)));
        } catch (cause) {
          const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
          if (!(first instanceof TrackflowError)) throw first;
          const { code, message, hints } = first;
          throw new TrackflowError(code, `shard ${index + 1}: ${message}`, { hints, cause: first });
        }
      }),
    );
  }

  async close(timeoutMs: number): Promise<void> {
    this.#stopped = true;
    this.#tell();
    await Promise.all(this.#nodes.map((node) => node.close(timeoutMs)));
    const { docker, keepers } = this.#parts;
    // Nodes that have ended miss no Keeper; one that cannot be stopped is no reason to stay.
    await Promise.allSettled(keepers.map((keeper) => docker.stop(keeper, STOP_MS_MAX)));
  }

  get #nodes(): readonly ContainerEngine[] {
    return this.#parts.nodes.flat();
  }

  #tell(): void {
    this.#wasWhole ||= this.shards.every(({ state }) => state === 'ready');
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    for (const listener of this.#listeners) listener(state);
  }
}
