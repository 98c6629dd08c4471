import { LATENCY_BOUNDS_MS } from '../../../../src/control/stream.ts';
import { LiveFigures, type LiveSecond } from '../../../../src/loadtest/live/live-figures.ts';
import { OUTCOMES } from '../../../../src/loadtest/measure/outcome.ts';
import type { RequestCounts } from '../../../../src/loadtest/worker/messages.ts';
import { madeUpSeconds, PLAN } from '../report/made-up.ts';

/** Second `second` of a run of 5,000 events a second that goes well, with changes. */
export function madeUpSecond(second: number, changes: Partial<LiveSecond> = {}): LiveSecond {
  const figures = { ...madeUpSeconds(2)[0]!, second, acknowledged: 4_990, p50: 1.2, p99: 7, failed: 0 };
  const none = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as RequestCounts['outcomes'];
  const latencyCounts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  latencyCounts[4] = 4_000;
  latencyCounts[6] = 900 + (second % 7) * 10;
  latencyCounts[10] = 100;
  return {
    figures: { ...figures, stored: 4_980, queueRows: 1_000 + second, lagMs: 420, daemonCpu: 0.6, engineCpu: 0.2 },
    requests: {
      scheduled: 5_000,
      sent: 5_000,
      late: 10,
      waiting: 0,
      outcomes: { ...none, accepted: 4_990, rejected: 10 },
    },
    events: {
      sent: 5_000,
      acknowledged: 4_990,
      rejected: 10,
      unknown: 0,
      resent: 50,
      duplicates: 50,
      rejectedBy: { missing: 10 },
      bytes: 2_000_000,
    },
    health: { cpu: 0.41, loopP99Ms: 1.4, loopMaxMs: 4, gcMs: 3 },
    latencyCounts,
    server: {
      second,
      stored: 4_980,
      inserts: 1,
      inserted_rows: 4_980,
      insert_ms: 60,
      lag_ms: 420,
      spool_rows: 1_000 + second,
      spool_bytes: 400_000,
      daemon_cpu: 0.6,
      engine_cpu: 0.2,
      daemon_rss_bytes: 231_000_000,
      engine_rss_bytes: 912_000_000,
      engine_parts: 12,
      engine_merges: 1,
      table_rows: 5_000 * second,
      table_bytes: 215_000 * second,
    },
    ...changes,
  };
}

/** A store with `seconds` of a run in it. */
export function filled(seconds: number, changes: (second: number) => Partial<LiveSecond> = () => ({})): LiveFigures {
  const live = new LiveFigures(PLAN);
  live.setPhase('running', seconds / 130);
  for (let second = 0; second < seconds; second++) live.push(madeUpSecond(second, changes(second)));
  return live;
}
