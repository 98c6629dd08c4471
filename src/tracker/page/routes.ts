import { SETTLE_MS } from '../limits.ts';

/**
 * Calls `onChange` when the page may have another URL than before, through the history or the back button, and `onReturn`
 * when it comes back from the back-forward cache, which is a visit of its own.
 */
export function watchRoutes(onChange: () => void, onReturn: () => void): void {
  const settle = () => setTimeout(onChange, SETTLE_MS);
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method];
    history[method] = (...args) => {
      original.apply(history, args);
      settle();
    };
  }
  // Comes with a new fragment too, however that came about.
  addEventListener('popstate', settle);
  addEventListener('pageshow', ({ persisted }) => persisted && onReturn());
}
