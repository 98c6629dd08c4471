import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';

/** A shard of the engine, as telemetry sees it. */
export interface ShardPlace {
  readonly endpoint: Endpoint;
  /** `ready` when it answers, else what it is instead. */
  readonly state: string;
}

/**
 * A connection to each shard of the engine, for questions that each answers about itself. Opened anew where another replica
 * has taken over.
 */
export class ShardClients {
  readonly #shards: readonly ShardPlace[];
  readonly #clients: { url: string; client: ClickHouse }[];

  constructor(shards: readonly ShardPlace[]) {
    this.#shards = shards;
    this.#clients = shards.map(({ endpoint }) => opened(endpoint));
  }

  /** `the engine is down`, `shard 2 is down`; empty when all answer. */
  get away(): string {
    const index = this.#shards.findIndex(({ state }) => state !== 'ready');
    if (index === -1) return '';
    return `${this.#shards.length === 1 ? 'the engine' : `shard ${index + 1}`} is ${this.#shards[index]!.state}`;
  }

  /** The answer of each shard, in their order. Rejects with the first failure. */
  ask<T>(question: (client: ClickHouse) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#shards.map(({ endpoint }, index) => question(this.#client(index, endpoint))));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(({ client }) => client.close()));
  }

  #client(index: number, endpoint: Endpoint): ClickHouse {
    const open = this.#clients[index]!;
    if (open.url === endpoint.url) return open.client;
    void open.client.close();
    this.#clients[index] = opened(endpoint);
    return this.#clients[index].client;
  }
}

function opened(endpoint: Endpoint): { url: string; client: ClickHouse } {
  return { url: endpoint.url, client: openClickHouse(endpoint, 'writer') };
}
