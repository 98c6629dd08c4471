import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { LatencyHistogram } from '../measure/histogram.ts';
import { OUTCOMES, type Outcome } from '../measure/outcome.ts';
import type { SecondFigures } from '../report/report.ts';
import type { ServerSecond } from '../server/server-second.ts';
import type { WorkerTick } from '../worker/messages.ts';
import type { LiveSecond } from './live-figures.ts';

/** What the workers and the server told of one second, put together for the live view. */
export function liveSecond(
  ticks: readonly WorkerTick[],
  figures: SecondFigures,
  server: ServerSecond | null,
): LiveSecond {
  const sum = (pick: (tick: WorkerTick) => number) => ticks.reduce((total, tick) => total + pick(tick), 0);
  const worst = (pick: (tick: WorkerTick) => number) => ticks.reduce((most, tick) => Math.max(most, pick(tick)), 0);
  const latency = new LatencyHistogram();
  const rejectedBy: Record<string, number> = {};
  for (const tick of ticks) {
    latency.merge(LatencyHistogram.decode(tick.latency));
    for (const [reason, count] of Object.entries(tick.events.rejectedBy)) {
      rejectedBy[reason] = (rejectedBy[reason] ?? 0) + count;
    }
  }
  const outcomes = OUTCOMES.map((outcome) => [outcome, sum(({ requests }) => requests.outcomes[outcome])]);
  return {
    figures,
    requests: {
      scheduled: sum(({ requests }) => requests.scheduled),
      sent: sum(({ requests }) => requests.sent),
      late: sum(({ requests }) => requests.late),
      waiting: sum(({ requests }) => requests.waiting),
      outcomes: Object.fromEntries(outcomes) as Record<Outcome, number>,
    },
    events: {
      sent: sum(({ events }) => events.sent),
      acknowledged: sum(({ events }) => events.acknowledged),
      rejected: sum(({ events }) => events.rejected),
      unknown: sum(({ events }) => events.unknown),
      resent: sum(({ events }) => events.resent),
      duplicates: sum(({ events }) => events.duplicates),
      rejectedBy,
      bytes: sum(({ events }) => events.bytes),
    },
    health: {
      cpu: sum(({ health }) => health.cpu),
      loopP99Ms: worst(({ health }) => health.loopP99Ms),
      loopMaxMs: worst(({ health }) => health.loopMaxMs),
      gcMs: worst(({ health }) => health.gcMs),
    },
    latencyCounts: latency.counts(LATENCY_BOUNDS_MS),
    server,
  };
}
