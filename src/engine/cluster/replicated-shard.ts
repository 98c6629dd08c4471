import type { Endpoint } from '../../clickhouse/endpoint.ts';
import type { EngineState, Shard } from '../engine.ts';

/** One copy of a shard. */
export type Replica = Shard;

/**
 * A shard and its replicas: one of them takes the inserts, and another takes over when that is away.
 *
 * Always true: the one that takes the inserts keeps them while it answers, so that a batch is counted where it was sent
 * whenever that can be. Without replicas it is its one node.
 */
export class ReplicatedShard implements Shard {
  readonly #replicas: readonly Replica[];
  readonly #listeners = new Set<(state: EngineState) => void>();
  #current: Replica;
  #told: { readonly state: EngineState; readonly current: Replica };

  /** `replicas`: at least one. */
  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas;
    this.#current = replicas[0]!;
    this.#told = { state: this.#current.state, current: this.#current };
    for (const replica of replicas) replica.onState(() => this.#consider());
  }

  get endpoint(): Endpoint {
    return this.#current.endpoint;
  }

  get state(): EngineState {
    return this.#current.state;
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #consider(): void {
    if (this.#current.state !== 'ready') {
      this.#current = this.#replicas.find(({ state }) => state === 'ready') ?? this.#current;
    }
    const { state } = this;
    if (this.#told.state === state && this.#told.current === this.#current) return;
    this.#told = { state, current: this.#current };
    for (const listener of this.#listeners) listener(state);
  }
}
