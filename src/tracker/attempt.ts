/**
 * What `action` returns; undefined when it throws, of which `report` is told. For what browsers deny or lack, and so that
 * nothing is ever thrown into the page.
 */
export function attempt<T>(action: () => T, report?: (error: unknown) => void): T | undefined {
  try {
    return action();
  } catch (error) {
    report?.(error);
  }
}
