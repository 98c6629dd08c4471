import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Counters } from './counters.ts';

/** Each look is a wake-up of the thread: 20 a second cost 0.1 % of a core, shorter delays than this may go unseen. */
const RESOLUTION_MS = 50;
const EVERY_MS = 1_000;
const PERCENTILE = 99;
const NANOSECONDS = 1e9;

/**
 * Measures how late the event loop of this thread is and keeps it in the gauge `process_loop_delay_p99_seconds`, of the
 * last second. Returns the way to stop that. What happens between two looks and is over by the second is not seen.
 */
export function watchLoopDelay(counters: Counters): () => void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const timer = setInterval(() => {
    // What is recorded is the time from one look to the next: the interval itself is no delay.
    const late = histogram.count === 0 ? 0 : histogram.percentile(PERCENTILE) / NANOSECONDS - RESOLUTION_MS / 1_000;
    counters.set('process_loop_delay_p99_seconds', Math.max(0, late));
    histogram.reset();
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    histogram.disable();
  };
}
