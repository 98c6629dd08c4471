import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { GeneratorHealth } from '../worker/messages.ts';

/** Each look is a wake-up of the thread; a generator that starts requests to the millisecond is awake by then anyway. */
const RESOLUTION_MS = 1;
const NANOSECONDS_PER_MS = 1e6;
const PERCENTILE = 99;

export interface HealthWatch {
  /** What happened since the last call, or since the start. */
  take(): GeneratorHealth;
  close(): void;
}

/**
 * Watches how well the thread that calls it is: its CPU (not that of the process), how late its event loop is and how long
 * its garbage collections take.
 *
 * The loop's delay is taken from a timer of `RESOLUTION_MS` that notes the time from one firing to the next: that time less
 * the interval is the delay. A stall is one such sample, so the p99 is of looks, not of time: a stall that is rarer than one
 * look in a hundred is seen in the maximum only. The first look after a take has none before it: a stall that begins in that
 * millisecond is not seen.
 */
export function watchHealth(): HealthWatch {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let gcMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration;
  });
  collections.observe({ entryTypes: ['gc'] });
  let cpu = process.threadCpuUsage();
  let at = performance.now();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);
  return {
    take() {
      const now = performance.now();
      const used = process.threadCpuUsage(cpu);
      const health = {
        cpu: now === at ? 0 : (used.user + used.system) / 1_000 / (now - at),
        loopP99Ms: delay.count === 0 ? 0 : late(delay.percentile(PERCENTILE)),
        loopMaxMs: delay.count === 0 ? 0 : late(delay.max),
        gcMs,
      };
      cpu = process.threadCpuUsage();
      at = now;
      gcMs = 0;
      delay.reset();
      return health;
    },
    close() {
      delay.disable();
      collections.disconnect();
    },
  };
}
