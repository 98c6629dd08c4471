import type { Ui } from './ui.ts';

/**
 * Where one is in the log. Places count back from the newest entry that is shown, 0 is that entry; they stay true while
 * more comes, because what is newer than `Ui.logEnd` is not shown then.
 */
export interface LogPlace {
  /** Entries that are shown. */
  readonly rows: number;
  /** Time of the newest entry there is. */
  readonly newestAt: number;
  /** Places of the entries that the search finds, the newest first. */
  readonly matches: readonly number[];
}

/** Further back by `by` places, or forward: at the newest entry it follows again. */
export function scrolled(ui: Ui, { rows, newestAt }: LogPlace, by: number): Ui {
  if (rows === 0) return ui;
  const place = ui.selected + by;
  if (place < 0 || (ui.logEnd === null && by < 0)) return { ...ui, selected: 0, logEnd: null };
  return { ...ui, selected: Math.min(rows - 1, place), logEnd: ui.logEnd ?? newestAt };
}

/** Stands still at the newest entry, or goes there and follows. */
export function followed(ui: Ui, { newestAt, rows }: LogPlace): Ui {
  if (ui.logEnd !== null || rows === 0) return { ...ui, selected: 0, logEnd: null };
  return { ...ui, selected: 0, logEnd: newestAt };
}

/** The nearest match in this direction, around the ends; where it follows, one looks from below the newest entry. */
export function nextMatch(ui: Ui, { matches, newestAt }: LogPlace, direction: 'newer' | 'older'): Ui {
  if (ui.filter === '') return { ...ui, message: 'nothing is searched for; / begins a search' };
  if (matches.length === 0) return { ...ui, message: 'nothing matches' };
  const from = ui.logEnd === null ? -1 : ui.selected;
  const found =
    direction === 'older'
      ? (matches.find((place) => place > from) ?? matches[0]!)
      : (matches.findLast((place) => place < from) ?? matches.at(-1)!);
  return { ...ui, selected: found, logEnd: ui.logEnd ?? newestAt };
}
