import { type ClickHouse, ConnectionError, openClickHouse, type ReadLimits, type Role } from './client.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The servers that answer the same reads: one works until it does not answer, then the next.
 *
 * Promises: a read that one server refuses is not tried elsewhere; one that did not reach its server is. A server that was
 * away is asked last from then on. Only for reads: an insert that was not answered may have been done.
 */
export class AnyOf {
  /** The preferred one first. */
  #servers: ClickHouse[];

  constructor(endpoint: Endpoint, role: Role, limits?: ReadLimits) {
    const urls = [endpoint.url, ...(endpoint.others ?? [])];
    this.#servers = urls.map((url) => openClickHouse({ ...endpoint, url }, role, limits));
  }

  /** Runs `work` with one server, from the beginning with the next when that is away. */
  async run<T>(work: (server: ClickHouse) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let failure: unknown;
    for (const server of this.#servers) {
      try {
        return await work(server);
      } catch (thrown) {
        if (!(thrown instanceof ConnectionError) || signal?.aborted) throw thrown;
        this.#servers = [...this.#servers.filter((other) => other !== server), server];
        // Whoever waits has waited long enough; the next read begins with another one.
        if (thrown.timedOut) throw thrown;
        failure = thrown;
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}
