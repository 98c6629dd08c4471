import type { Endpoint } from '../clickhouse/endpoint.ts';

/** `starting` until the first successful ping, `ready` while pings answer, `down` between a crash and the next ready. */
export type EngineState = 'starting' | 'ready' | 'down' | 'stopped';

/** An engine's container, as Docker sees it. What is not known is NaN or empty. */
export interface ContainerFigures {
  readonly name: string;
  readonly image: string;
  /** `none` where the image has no health check. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly status: string;
  /** Since the daemon started, by whomever. */
  readonly restarts: number;
  /** 1 is one core. */
  readonly cpuCores: number;
  /** Without what the system would give up of its cache. */
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  readonly pids: number;
}

/** A part of the rows that is inserted by itself. */
export interface Shard {
  /** Where its rows are inserted and counted. Where it has replicas, another one may take over: told as a change. */
  readonly endpoint: Endpoint;
  readonly state: EngineState;
  /** Calls `listener` on every change; returns the way to stop that. */
  onState(listener: (state: EngineState) => void): () => void;
}

/**
 * A running ClickHouse of one kind. Everything above this folder sees an `Endpoint` and a state, never the kind.
 * The endpoint is fixed for the life of the engine object (ports are chosen before the first start and kept).
 */
export interface Engine {
  readonly kind: 'embedded' | 'docker' | 'url' | 'cluster';
  /** Where is read, and what one shard has alone. */
  readonly endpoint: Endpoint;
  /** In their order, which never changes; of most kinds itself alone. */
  readonly shards: readonly Shard[];
  /** `ready` while reads are answered. */
  readonly state: EngineState;
  /** Why it is not ready, as far as that is known, in the words of who refused; empty while it is. */
  readonly problem: string;
  /** `SELECT version()`, empty until first ready. */
  readonly version: string;
  /** Process id of the engine's child process; 0 when it has none (a container, a server elsewhere) or is down. */
  readonly pid: number;
  /** What Docker says of its container, or of all together; null when it runs in none, or Docker has not told yet. */
  readonly container: ContainerFigures | null;
  /** Calls `listener` on every change of state; returns the way to stop that. */
  onState(listener: (state: EngineState) => void): () => void;
  /** Resolves when ready, with every shard; rejects with TF_ENGINE_UNAVAILABLE at the deadline or TF_TIMEOUT. */
  ready(timeoutMs: number): Promise<void>;
  /** Stops in order what runs for us alone, and kills it at the deadline. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}
