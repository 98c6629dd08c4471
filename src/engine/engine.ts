import type { Endpoint } from '../clickhouse/endpoint.ts';

/** `starting` until the first successful ping, `ready` while pings answer, `down` between a crash and the next ready. */
export type EngineState = 'starting' | 'ready' | 'down' | 'stopped';

/**
 * A running ClickHouse of one kind. Everything above this folder sees an `Endpoint` and a state, never the kind.
 * The endpoint is fixed for the life of the engine object (ports are chosen before the first start and kept).
 */
export interface Engine {
  readonly kind: 'embedded' | 'url';
  readonly endpoint: Endpoint;
  readonly state: EngineState;
  /** `SELECT version()`, empty until first ready. */
  readonly version: string;
  /** Process id of the engine's child process; 0 when it has none or is down. */
  readonly pid: number;
  /** Calls `listener` on every change of state; returns the way to stop that. */
  onState(listener: (state: EngineState) => void): () => void;
  /** Resolves when ready; rejects with TF_ENGINE_UNAVAILABLE at the deadline or TF_TIMEOUT. */
  ready(timeoutMs: number): Promise<void>;
  /** Stops in order (closes the child's standard input, waits, kills at the deadline). Idempotent. */
  close(timeoutMs: number): Promise<void>;
}
