import { injectFaults } from '../fault/inject.ts';
import { Intensity } from '../plan/intensity.ts';
import type { FaultFigures } from '../report/report.ts';
import type { RunOptions } from './run-options.ts';
import type { Tally } from './tally.ts';
import { WorkerThreads } from './worker-threads.ts';

const PROGRESS_EVERY_MS = 1_000;

export interface Sent {
  /** Requests that were due and never sent. */
  readonly dropped: number;
  /** When the last event was due or sent, since the start. */
  readonly sentMs: number;
  readonly acknowledged: number;
  /** Events that were sent a second time on purpose. */
  readonly resent: number;
  readonly faults: readonly FaultFigures[];
}

/** Sends the plan, with the faults in between, until its end or `stop`. Returns when all is answered or given up. */
export async function send(options: SendOptions, tally: Tally, stop: AbortSignal): Promise<Sent> {
  const { plan, key, folder, control, faults, restart, live, now } = options;
  const planMs = new Intensity(plan.stages).durationMs;
  let acknowledged = 0;
  let resent = 0;
  const workers = new WorkerThreads({
    plan,
    key,
    ledgerFile: (worker) => folder.ledgerFile(worker),
    onTick: (tick) => {
      acknowledged += tick.events.acknowledged;
      resent += tick.events.resent;
      tally.add(tick);
    },
  });
  const clock = setInterval(() => {
    const ms = now() - plan.startedAt;
    live.setPhase(ms < plan.warmupMs ? 'warm-up' : 'running', Math.min(1, Math.max(0, ms / planMs)));
  }, PROGRESS_EVERY_MS);
  let stoppedMs: number | null = null;
  const onStop = () => {
    stoppedMs ??= Math.min(planMs, Math.max(0, now() - plan.startedAt));
    live.setStopping();
    workers.stop();
  };
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  const over = new AbortController();
  const injecting = injectFaults(
    {
      faults,
      startedAt: plan.startedAt,
      control,
      restart,
      acknowledged: () => workers.acknowledged,
      now,
      onFault: (fault, figures) => live.setFault(fault, figures),
    },
    over.signal,
  );
  try {
    const dropped = await workers.done;
    tally.end();
    over.abort();
    const sentMs = stoppedMs ?? Math.max(planMs, tally.sentMs);
    return { dropped, sentMs, acknowledged, resent, faults: await injecting };
  } finally {
    clearInterval(clock);
    stop.removeEventListener('abort', onStop);
    over.abort();
    await injecting;
  }
}

type SendOptions = Pick<RunOptions, 'plan' | 'key' | 'folder' | 'control' | 'faults' | 'restart' | 'live' | 'now'>;
