import type { Outcome } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';

/** What a worker thread is started with. Worker `w` sends the requests `k` with `k % plan.workers === w`. */
export interface WorkerTask {
  readonly plan: LoadPlan;
  readonly worker: number;
  /** Of the collector; no part of the plan, which is written down. */
  readonly key: string | null;
  /** Its own ledger file; null when nothing is kept (`--traffic`, search for the maximum). */
  readonly ledgerFile: string | null;
  /** An Int32Array with one place a worker: requests acknowledged so far, for whoever cannot wait for the tick. */
  readonly acknowledged: SharedArrayBuffer;
}

/** Main → worker. `stop` sends nothing further, waits for the answers, then comes `done`. */
export type ToWorker = { readonly type: 'stop' };

/** Of one second since `plan.startedAt`, or of the rest when the worker ends. Latencies are of requests. */
export interface WorkerTick {
  readonly type: 'tick';
  readonly worker: number;
  /** 0 for the first second. */
  readonly second: number;
  readonly requests: RequestCounts;
  readonly events: EventCounts;
  /** From the intended start to the answer, and from the actual start: V2 compressed HDR histograms, base64. */
  readonly latency: string;
  readonly service: string;
  /** Of requests that were not accepted. */
  readonly failureLatency: string;
  readonly health: GeneratorHealth;
}

export interface RequestCounts {
  /** Due by the schedule in this second. */
  readonly scheduled: number;
  readonly sent: number;
  /** Sent more than `ON_TIME_MS` after the intended start. */
  readonly late: number;
  /** Due, waiting for a free connection at the end of the second. */
  readonly waiting: number;
  /** Of those answered or given up in this second, whenever they were sent. Refused ones were sent, and never left. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

export interface EventCounts {
  /** Of the requests that were sent. Those that never left (refused) are in none of the three states. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly unknown: number;
  /** Acknowledged before and sent again on purpose, when the second answer came: all of them are duplicates. */
  readonly resent: number;
  /** Told as duplicates by the collector, of those. Fewer is a mismatch. */
  readonly duplicates: number;
  /** By the reason that the collector gave. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly bytes: number;
}

export interface GeneratorHealth {
  /** 1 is one core. */
  readonly cpu: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly gcMs: number;
}

export type FromWorker =
  | WorkerTick
  /** Everything sent is answered or given up. `dropped`: requests due and never sent. */
  | { readonly type: 'done'; readonly worker: number; readonly dropped: number }
  | { readonly type: 'failed'; readonly worker: number; readonly message: string };

/** A request that leaves later than this after its intended start was late. */
export const ON_TIME_MS = 1;
