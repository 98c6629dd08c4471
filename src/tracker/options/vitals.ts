import type { Option } from '../api.ts';

/** Layout shifts no further apart than this, and no longer in all than that, belong together (web.dev/articles/cls). */
const SHIFT_GAP_MS = 1_000;
const SHIFT_WINDOW_MS = 5_000;
/** Of so many interactions the slowest one is left out, as a percentile of 98 (web.dev/articles/inp). */
const INTERACTIONS_PER_OUTLIER = 50;
const SLOWEST_MAX = 10;
/** Shorter events are not reported by the browser. */
const EVENT_MS_MIN = 40;

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
}
interface Interaction extends PerformanceEntry {
  readonly interactionId?: number;
}

/**
 * Core Web Vitals of the page load: one event `web_vitals` when the page is first hidden, with `lcp`, `inp`, `fcp` and
 * `ttfb` in milliseconds and `cls`. What the browser does not measure, or what did not happen, is left out.
 */
const vitals: Option = (trackflow) => {
  let lcp: number | undefined;
  let fcp: number | undefined;
  let cls: number | undefined;
  let shifts = { sum: 0, from: 0, to: 0 };
  const slowest = new Map<number, number>();
  const interactions = new Set<number>();

  observe('largest-contentful-paint', ({ startTime }) => {
    lcp = startTime;
  });
  observe('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') fcp = startTime;
  });
  observe('layout-shift', (entry) => {
    const { value, hadRecentInput, startTime } = entry as LayoutShift;
    if (hadRecentInput) return;
    const belongs = startTime - shifts.to < SHIFT_GAP_MS && startTime - shifts.from < SHIFT_WINDOW_MS;
    shifts = { sum: (belongs ? shifts.sum : 0) + value, from: belongs ? shifts.from : startTime, to: startTime };
    cls = Math.max(cls ?? 0, shifts.sum);
  });
  observe('event', (entry) => {
    const { interactionId, duration } = entry as Interaction;
    if (!interactionId) return;
    interactions.add(interactionId);
    slowest.set(interactionId, Math.max(duration, slowest.get(interactionId) ?? 0));
    if (slowest.size > SLOWEST_MAX) slowest.delete([...slowest].sort(([, a], [, b]) => a - b)[0]![0]);
  });

  let isReported = false;
  const report = () => {
    if (isReported || document.prerendering) return;
    isReported = true;
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const outliers = Math.floor(interactions.size / INTERACTIONS_PER_OUTLIER);
    const inp = [...slowest.values()].sort((a, b) => b - a)[Math.min(outliers, slowest.size - 1)];
    // A page that was prerendered is waited for only from when it was asked for.
    const start = (navigation as { activationStart?: number } | undefined)?.activationStart ?? 0;
    const since = (time: number | undefined) => time && Math.max(0, Math.round(time - start));
    trackflow('web_vitals', {
      lcp: since(lcp),
      fcp: since(fcp),
      ttfb: since(navigation?.responseStart),
      inp,
      cls: cls && Math.round(cls * 10_000) / 10_000,
    });
  };
  addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && report(), true);
  // Before the tracker's own listener, which sends the rest.
  addEventListener('pagehide', report, true);
};
export default vitals;

/** Hears of entries of a type, those of before included; of none where the browser does not know the type. */
function observe(type: string, hear: (entry: PerformanceEntry) => void): void {
  try {
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({
      type,
      buffered: true,
      durationThreshold: EVENT_MS_MIN,
    } as PerformanceObserverInit);
  } catch {
    // Not measured here.
  }
}
