import type { LogEntry } from '../../control/stream.ts';
import type { Look } from '../../terminal/look.ts';
import { clock } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Panel, Scene } from '../screen/scene.ts';

/** The log from level warn up, the newest last and in view. */
export const events: Panel = {
  id: 'events',
  draw: (scene, _width, height) => {
    const rows = logRows(scene).slice(-height);
    const lines = rows.map((entry) => entryLine(entry, scene.look));
    const least = scene.snapshot.ui.level === 'warn' ? '≥ WARN' : 'ERROR';
    return { title: `Events ${least}`, note: 'follow', lines: rows.length === 0 ? [NOTHING] : lines };
  },
};

const NOTHING = ' nothing at this level so far';

/** The entries that pass the level, oldest first. */
export function logRows({ snapshot: { facts, ui } }: Scene): readonly LogEntry[] {
  return ui.level === 'warn' ? facts.log : facts.log.filter(({ level }) => level === 'error');
}

/** `14:02:11 ▲ flush: insert failed  error=…` */
export function entryLine(entry: LogEntry, look: Look): string {
  return `${look.paint('dim', clock(entry.at))} ${levelSign(entry.level, look)} ${entryText(entry)}`;
}

function levelSign(level: LogEntry['level'], look: Look): string {
  if (level === 'error') return look.paint('bad', look.mark.bad);
  return level === 'warn' ? look.paint('warn', look.mark.warn) : look.paint('dim', look.mark.dot);
}

/** One entry in words, harmless on a terminal. */
export function entryText({ step, event, fields }: LogEntry): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  return terminalText([`${step}: ${event.replaceAll('_', ' ')}`, ...rest].join('  '));
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
