/**
 * Endless traffic at a low rate, so that a dashboard is alive: visitors who come in waves, with a few bots and bad events
 * among them. Nothing is kept and nothing verified. A collector that is away is tried again until it is back.
 */
import { DEMO_RUN, type LoadPlan, type Stage } from '../plan/plan.ts';
import { WorkerThreads } from './worker-threads.ts';

/** A wave: up from half of the rate to one and a half, and down again. */
const WAVE_MS = 120_000;
const WAVES = 30;
const LOW = 0.5;
const HIGH = 1.5;

/** The traffic around `rate` events per second for one hour, from `startedAt`. */
export function trafficStages(rate: number): readonly Stage[] {
  return Array.from({ length: WAVES }, () => [
    { fromRate: rate * LOW, toRate: rate * HIGH, durationMs: WAVE_MS / 2 },
    { fromRate: rate * HIGH, toRate: rate * LOW, durationMs: WAVE_MS / 2 },
  ]).flat();
}

export interface TrafficOptions {
  /** The plan of an hour that begins at `now`. */
  readonly plan: (now: number) => LoadPlan;
  readonly key: string | null;
  /** Told once a second: events acknowledged, rejected, and not answered so far. */
  readonly onSecond: (totals: TrafficTotals) => void;
  readonly now: () => number;
}

export interface TrafficTotals {
  readonly seconds: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly unknown: number;
}

/** Sends hour after hour until `stop` aborts. */
export async function runTraffic(
  { plan, key, onSecond, now }: TrafficOptions,
  stop: AbortSignal,
): Promise<TrafficTotals> {
  let totals: TrafficTotals = { seconds: 0, acknowledged: 0, rejected: 0, unknown: 0 };
  while (!stop.aborted) {
    const workers = new WorkerThreads({
      plan: { ...plan(now()), run: DEMO_RUN },
      key,
      ledgerFile: () => null,
      onTick: ({ events }) => {
        totals = {
          seconds: totals.seconds + 1,
          acknowledged: totals.acknowledged + events.acknowledged,
          rejected: totals.rejected + events.rejected,
          unknown: totals.unknown + events.unknown,
        };
        onSecond(totals);
      },
    });
    const onStop = () => workers.stop();
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    try {
      await workers.done;
    } finally {
      stop.removeEventListener('abort', onStop);
    }
  }
  return totals;
}
