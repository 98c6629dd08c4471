import type { AccessState } from '../../state/access-state.ts';
import type { Meters } from './meters.ts';

const SAVE_EVERY_MS = 1_000;

type Usage = ReturnType<AccessState['usage']>[number];

/**
 * Keeps what was counted of the day in `state.db`, once a second: after a stop the day goes on exactly where it was,
 * after `kill -9` at most a second of counting is missing, in favour of the senders. Returns the way to save a last time
 * and stop.
 */
export function keepUsage(
  meters: Meters,
  state: AccessState,
  day: number,
  onError: (error: unknown) => void,
): () => void {
  meters.restore(state.usage(day));
  // What could not be saved is tried again with the next.
  let unsaved = new Map<bigint, Usage>();
  let unsavedDay = day;
  const save = () => {
    const taken = meters.takeUsage();
    if (taken.day !== unsavedDay) unsaved = new Map();
    unsavedDay = taken.day;
    for (const one of taken.used) unsaved.set(one.subject, one);
    if (unsaved.size === 0) return;
    try {
      state.saveUsage(taken.day, [...unsaved.values()]);
      unsaved.clear();
    } catch (error) {
      onError(error);
    }
  };
  const timer = setInterval(save, SAVE_EVERY_MS);
  return () => {
    clearInterval(timer);
    save();
  };
}
