import type { LogEntry } from '../../control/stream.ts';
import { lineWidth, toWidth } from '../../terminal/lines.ts';
import { fullNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { wrap } from '../../terminal/wrap.ts';
import { filterOf } from '../input/filter.ts';
import type { LogPlace } from '../input/log-place.ts';
import type { Panel, Scene } from '../screen/scene.ts';
import type { Snapshot } from '../store/store.ts';
import { entryHead, entryLine, entryText } from './events.ts';

const LEVEL_TITLES = { all: 'all levels', warn: '≥ WARN', error: 'ERROR' } as const;

/** The whole log of the daemon: it follows, or stands still with a line that is chosen; what is searched for is marked. */
export const logs: Panel = {
  id: 'logs',
  draw: (scene, width, height) => {
    const { snapshot, look } = scene;
    const { ui } = snapshot;
    const rows = logEntries(snapshot);
    const chosen = ui.logEnd === null ? -1 : Math.min(ui.selected, rows.length - 1);
    const whole = chosen === -1 ? [] : wholeEntry(rows.at(-1 - chosen)!, scene, width, height);
    const room = height - whole.length;
    const back = Math.max(0, Math.min(chosen - Math.floor(room / 2), rows.length - room));
    const shown = rows.slice(Math.max(0, rows.length - room - back), rows.length - back);
    const isMatch = searched(ui.filter);
    const lines = shown.map((entry, index) => {
      const place = back + shown.length - 1 - index;
      const mark = place === chosen ? look.mark.here : isMatch(entry) ? look.mark.dot : ' ';
      const line = `${mark} ${entryLine(entry, scene, width - MARK_COLUMNS)}`;
      return place === chosen ? look.paint('inverse', toWidth(line, width)) : line;
    });
    return {
      title: `Log ${LEVEL_TITLES[ui.logLevel]}`,
      note: noteOf(scene, rows, chosen),
      lines: lines.length === 0 ? [' nothing at this level so far'] : [...lines, ...whole],
    };
  },
};

const MARK_COLUMNS = 2;

/** The entry that is chosen below the list, when it is longer than a line of that. */
function wholeEntry(entry: LogEntry, scene: Scene, width: number, height: number): string[] {
  if (lineWidth(entryLine(entry, scene)) <= width - MARK_COLUMNS) return [];
  const lines = [entryHead(entry, scene), ...wrap(entryText(entry), width - MARK_COLUMNS)];
  const { look } = scene;
  return [look.paint('dim', look.border.horizontal.repeat(width)), ...lines].slice(0, Math.floor(height / 2));
}

/** The entries of the chosen level, oldest first; none newer than where it stands still. */
export function logEntries({ facts, ui }: Snapshot): readonly LogEntry[] {
  return allEntries({ facts, ui }).filter(({ at }) => ui.logEnd === null || at <= ui.logEnd);
}

/** What keys need to know of the place in the log. */
export function logPlace(snapshot: Snapshot): LogPlace {
  const rows = logEntries(snapshot);
  return { rows: rows.length, newestAt: rows.at(-1)?.at ?? 0, matches: matchesIn(rows, snapshot.ui.filter) };
}

function allEntries({ facts, ui }: Pick<Snapshot, 'facts' | 'ui'>): readonly LogEntry[] {
  if (ui.logLevel === 'error') return facts.log.filter(({ level }) => level === 'error');
  // Both are in their order; of one time, what is below warn came first as far as anybody can tell.
  return ui.logLevel === 'warn' ? facts.log : [...facts.info, ...facts.log].sort((a, b) => a.at - b.at);
}

function searched(filter: string): (entry: LogEntry) => boolean {
  if (filter === '') return () => false;
  const passes = filterOf(filter);
  return (entry) => passes(entryText(entry));
}

function matchesIn(rows: readonly LogEntry[], filter: string): readonly number[] {
  const isMatch = searched(filter);
  return rows.flatMap((entry, index) => (isMatch(entry) ? [rows.length - 1 - index] : [])).reverse();
}

/** `/ disk  match 3 of 17 · 12 newer below`. */
function noteOf({ snapshot, look }: Scene, rows: readonly LogEntry[], chosen: number): string {
  const { ui } = snapshot;
  const parts: string[] = [];
  if (ui.filter !== '') {
    const matches = matchesIn(rows, ui.filter);
    const at = matches.indexOf(chosen);
    const which = at === -1 ? `${matches.length} found` : `match ${at + 1} of ${matches.length}`;
    parts.push(`/ ${terminalText(ui.filter)}  ${which}`);
  }
  const newer = ui.logEnd === null ? 0 : chosen + allEntries(snapshot).length - rows.length;
  parts.push(ui.logEnd === null ? 'follow' : `${fullNumber(newer)} newer below, f follows`);
  return parts.join(` ${look.mark.dot} `);
}
