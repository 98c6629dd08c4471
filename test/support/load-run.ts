import path from 'node:path';
import { Ledger } from '../../src/loadtest/ledger/ledger.ts';
import { LatencyHistogram } from '../../src/loadtest/measure/histogram.ts';
import { OUTCOMES, type Outcome } from '../../src/loadtest/measure/outcome.ts';
import type { LoadPlan } from '../../src/loadtest/plan/plan.ts';
import { LoadLoop } from '../../src/loadtest/worker/loop.ts';
import type { EventCounts, WorkerTick } from '../../src/loadtest/worker/messages.ts';

/** Sums of the ticks of a run, of one worker or several. */
export class TickSums {
  readonly ticks: WorkerTick[] = [];

  readonly add = (tick: WorkerTick): void => {
    this.ticks.push(tick);
  };

  get scheduled(): number {
    return this.#sum(({ requests }) => requests.scheduled);
  }

  get sent(): number {
    return this.#sum(({ requests }) => requests.sent);
  }

  get late(): number {
    return this.#sum(({ requests }) => requests.late);
  }

  /** Outcomes that came up. */
  get outcomes(): Partial<Record<Outcome, number>> {
    const counts = OUTCOMES.map((name) => [name, this.#sum(({ requests }) => requests.outcomes[name])] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  events(name: Exclude<keyof EventCounts, 'rejectedBy'>): number {
    return this.#sum(({ events }) => events[name]);
  }

  get rejectedBy(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { events } of this.ticks) {
      for (const [reason, count] of Object.entries(events.rejectedBy)) counts[reason] = (counts[reason] ?? 0) + count;
    }
    return counts;
  }

  histogram(name: 'latency' | 'service' | 'failureLatency'): LatencyHistogram {
    const sum = new LatencyHistogram();
    for (const tick of this.ticks) sum.merge(LatencyHistogram.decode(tick[name]));
    return sum;
  }

  #sum(pick: (tick: WorkerTick) => number): number {
    return this.ticks.reduce((sum, tick) => sum + pick(tick), 0);
  }
}

export interface LoadRun {
  readonly loop: LoadLoop;
  readonly sums: TickSums;
  /** Requests that were accepted, as told at once. */
  readonly accepted: () => number;
  /** Resolves with the number of dropped requests. */
  readonly done: Promise<number>;
}

/** Runs one worker's loop in this thread, with a ledger in `folder` when there is one. */
export function startLoop(plan: LoadPlan, { worker = 0, folder }: { worker?: number; folder?: string } = {}): LoadRun {
  const ledger = folder === undefined ? null : Ledger.open(ledgerFile(folder, worker), { plan, worker });
  const sums = new TickSums();
  let accepted = 0;
  const onAccepted = () => {
    accepted++;
  };
  const loop = new LoadLoop({ plan, worker, key: null, ledger, onAccepted, onTick: sums.add });
  const done = loop.run().finally(() => ledger?.close());
  return { loop, sums, accepted: () => accepted, done };
}

export function ledgerFile(folder: string, worker: number): string {
  return path.join(folder, `ledger-${worker}.bits`);
}
