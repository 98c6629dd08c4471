/**
 * The worker threads of a run.
 *
 * Promises: `done` resolves when every worker has ended, with what they dropped; a worker that fails or dies ends the
 * others and rejects it. `stop` lets them wait for their answers first.
 */
import { Worker } from 'node:worker_threads';
import type { LoadPlan } from '../plan/plan.ts';
import type { FromWorker, ToWorker, WorkerTask, WorkerTick } from '../worker/messages.ts';

/** Compiled beside this file, or the source itself in a checkout that runs TypeScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

export interface WorkerThreadsOptions {
  readonly plan: LoadPlan;
  readonly key: string | null;
  readonly ledgerFile: (worker: number) => string | null;
  readonly onTick: (tick: WorkerTick) => void;
}

export class WorkerThreads {
  /** Requests that were due and never sent, of all workers. */
  readonly done: Promise<number>;
  readonly #workers: readonly Worker[];
  readonly #acknowledged: Int32Array;

  constructor({ plan, key, ledgerFile, onTick }: WorkerThreadsOptions) {
    const shared = new SharedArrayBuffer(plan.workers * Int32Array.BYTES_PER_ELEMENT);
    this.#acknowledged = new Int32Array(shared);
    const tasks = Array.from(
      { length: plan.workers },
      (_, worker): WorkerTask => ({
        plan,
        worker,
        key,
        ledgerFile: ledgerFile(worker),
        acknowledged: shared,
      }),
    );
    this.#workers = tasks.map(
      (workerData) => new Worker(new URL(`../worker/worker-thread${EXTENSION}`, import.meta.url), { workerData }),
    );
    const ended = this.#workers.map((worker) => this.#ended(worker, onTick));
    this.done = Promise.all(ended).then((dropped) => dropped.reduce((sum, count) => sum + count, 0));
    this.done.catch(() => this.#terminate());
  }

  /** Requests acknowledged so far; it wraps around at 2^32, which no run reaches. */
  get acknowledged(): number {
    return this.#acknowledged.reduce((sum, count) => sum + (count >>> 0), 0);
  }

  /** Sends nothing further and waits for the answers. */
  stop(): void {
    for (const worker of this.#workers) worker.postMessage({ type: 'stop' } satisfies ToWorker);
  }

  #ended(worker: Worker, onTick: (tick: WorkerTick) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'tick') onTick(message);
        else if (message.type === 'done') resolve(message.dropped);
        else reject(new Error(`a worker of the load test failed: ${message.message}`));
      });
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`a worker of the load test ended with code ${code}`)));
    });
  }

  #terminate(): void {
    for (const worker of this.#workers) void worker.terminate();
  }
}
