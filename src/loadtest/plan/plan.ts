/**
 * The plan of a load test: everything that a run is made from, fixed before the first event is sent and kept beside the
 * ledger as `plan.json`, so that `loadtest verify` can make every event again after a crash.
 *
 * An event is named by its index `n` (0, 1, 2, …), a request by its index `k`. Which events a request carries, what an
 * event says, and which worker sends it are pure functions of the plan and the index. Time is the one thing that is not:
 * an event's `occurred_at` is the millisecond it was sent in, and its id carries the same millisecond.
 */

/** Events per second, from the beginning of the stage to its end in a straight line. */
export interface Stage {
  readonly fromRate: number;
  readonly toRate: number;
  readonly durationMs: number;
}

export const PROFILES = ['web', 'server', 'websocket', 'mixed'] as const;
/**
 * What the traffic looks like.
 * - `web`: visitors with sessions; every event a request of its own to `/v1/events`.
 * - `server`: a backend that sends batches to `/v1/events`.
 * - `websocket`: an app that sends batches over WebSocket.
 * - `mixed`: all dialects (`/v1/events`, `/track`, `/`) and WebSocket, single events and batches.
 */
export type ProfileName = (typeof PROFILES)[number];

export const PLAN_SCHEMA = 'trackflow.loadtest-plan/1';

export interface LoadPlan {
  readonly schema: typeof PLAN_SCHEMA;
  /** 8 hexadecimal digits: names the folder and the accounts, and salts the ids. */
  readonly run: string;
  readonly seed: number;
  /** `http://127.0.0.1:8080`: the collector under test. */
  readonly url: string;
  /** `closed`: a connection sends its next request when the last one is answered; stages then give only the time. */
  readonly model: 'open' | 'closed';
  readonly arrival: 'constant' | 'poisson';
  readonly stages: readonly Stage[];
  /** What is sent in this time, counted from the start, is sent and verified but not measured. */
  readonly warmupMs: number;
  readonly profile: ProfileName;
  /** Events per request, over and over: request `k` carries `sizes[k % sizes.length]` events. */
  readonly sizes: readonly number[];
  readonly connections: number;
  readonly workers: number;
  /** Share of acknowledged requests that are sent a second time with the same ids. */
  readonly resendRate: number;
  /** Share of events that are made invalid, to be rejected. */
  readonly badRate: number;
  /** An answer later than this is none. */
  readonly timeoutMs: number;
  /** Epoch milliseconds of the intended first event. */
  readonly startedAt: number;
}

/** The run of endless traffic, which nobody verifies: its accounts are to look like those of a site. */
export const DEMO_RUN = 'demo';

/** The accounts of a run all begin with this, and no others do. */
export function accountPrefix(run: string): string {
  return run === DEMO_RUN ? DEMO_RUN : `loadtest-${run}`;
}
