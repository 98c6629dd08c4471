import type { Option, WireEvent } from '../api.ts';

const TICK_MS = 1_000;
/** Without any sign of a person for so long, a visible page counts as left alone. */
const IDLE_MS = 30_000;
const SIGNS = ['scroll', 'pointermove', 'pointerdown', 'keydown', 'touchstart', 'focus'];

/**
 * How far a page was scrolled and how long it was looked at: one event `engagement` for each view, when the next view
 * begins or the page is hidden, with the property `scroll_percent` of the deepest point that was seen and
 * `engaged_seconds`. A page that is shown again after it was hidden adds an event with what came on top.
 */
const engagement: Option = (trackflow) => {
  let view: WireEvent | undefined;
  let engagedMs = 0;
  let scrollPercent = 0;
  let tickedAt = performance.now();
  let signAt = tickedAt;

  const report = () => {
    const seconds = Math.round(engagedMs / 1_000);
    if (view && seconds > 0) {
      const { url, path, title, referrer } = view;
      trackflow(
        'engagement',
        { engaged_seconds: seconds, scroll_percent: scrollPercent },
        { url, path, title, referrer },
      );
    }
    engagedMs = 0;
  };
  const tick = () => {
    const now = performance.now();
    // Timers of a page in the background come late: what is between two of them is no time of looking.
    const isLookedAt = document.visibilityState === 'visible' && now - signAt < IDLE_MS;
    if (isLookedAt) engagedMs += Math.min(now - tickedAt, 2 * TICK_MS);
    tickedAt = now;
    if (view !== trackflow.view) {
      report();
      view = trackflow.view;
      scrollPercent = 0;
    }
    const { scrollTop, clientHeight, scrollHeight } = document.documentElement;
    const seen = Math.round(((scrollTop + clientHeight) / Math.max(1, scrollHeight)) * 100);
    scrollPercent = Math.max(scrollPercent, Math.min(100, seen));
  };
  const sign = () => {
    signAt = performance.now();
  };
  const leave = () => {
    tick();
    report();
  };
  for (const name of SIGNS) addEventListener(name, sign, { capture: true, passive: true });
  addEventListener('scroll', tick, { passive: true });
  // Before the tracker's own listener, which sends the rest.
  addEventListener('pagehide', leave, true);
  addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? leave() : tick()), true);
  setInterval(tick, TICK_MS);
  tick();
};
export default engagement;
