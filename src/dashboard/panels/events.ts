import type { LogEntry } from '../../control/stream.ts';
import { lineWidth } from '../../terminal/lines.ts';
import type { Look } from '../../terminal/look.ts';
import { moment } from '../../terminal/numbers.ts';
import { shorten, terminalText } from '../../terminal/text.ts';
import type { Panel, Scene } from '../screen/scene.ts';

/** The log from level warn up, the newest last and in view. */
export const events: Panel = {
  id: 'events',
  draw: (scene, width, height) => {
    const rows = logRows(scene).slice(-height);
    const lines = rows.map((entry) => entryLine(entry, scene, width));
    const least = scene.snapshot.ui.level === 'warn' ? '≥ WARN' : 'ERROR';
    return { title: `Events ${least}`, note: 'follow', lines: rows.length === 0 ? [NOTHING] : lines };
  },
};

const NOTHING = ' nothing at this level so far';

/** The entries that pass the level, oldest first. */
export function logRows({ snapshot: { facts, ui } }: Scene): readonly LogEntry[] {
  return ui.level === 'warn' ? facts.log : facts.log.filter(({ level }) => level === 'error');
}

/** `14:02:11 ▲ flush: insert failed  error=…`, marked where it does not fit into `width`. */
export function entryLine(entry: LogEntry, scene: Scene, width = Number.POSITIVE_INFINITY): string {
  const head = entryHead(entry, scene);
  return `${head} ${shorten(entryText(entry), width - lineWidth(head) - 1)}`;
}

/** Time and level; of an earlier day with the date. */
export function entryHead({ at, level }: LogEntry, { look, snapshot }: Scene): string {
  return `${look.paint('dim', moment(at, snapshot.receivedAt))} ${levelSign(level, look)}`;
}

function levelSign(level: LogEntry['level'], look: Look): string {
  if (level === 'error') return look.paint('bad', look.mark.bad);
  return level === 'warn' ? look.paint('warn', look.mark.warn) : look.paint('dim', look.mark.dot);
}

/** One entry in words, harmless on a terminal. */
export function entryText({ step, event, fields }: LogEntry): string {
  const rest = Object.entries(fields).flatMap(([name, value]) => (value === '' ? [] : [`${name}=${fieldText(value)}`]));
  return terminalText([`${step}: ${event.replaceAll('_', ' ')}`, ...rest].join('  '));
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
