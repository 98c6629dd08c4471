import type { LogEntry } from '../../control/stream.ts';
import type { Look } from '../../terminal/look.ts';
import { clock } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { filterOf } from '../input/filter.ts';
import type { Panel, Scene } from '../screen/scene.ts';

/** The log from level warn up, the newest last and in view. */
export const events: Panel = {
  id: 'events',
  draw: (scene, _width, height) => {
    const { ui } = scene.snapshot;
    const rows = logRows(scene);
    const back = ui.view === 'logs' ? Math.min(ui.selected, Math.max(0, rows.length - height)) : 0;
    const shown = rows.slice(Math.max(0, rows.length - height - back), rows.length - back);
    const lines = shown.length === 0 ? [emptyText(scene)] : shown.map((entry) => entryLine(entry, scene.look));
    const followed = back > 0 ? `${back} newer below` : 'follow';
    return { title: `Events ${ui.level === 'warn' ? '≥ WARN' : 'ERROR'}`, note: followed, lines };
  },
};

/** The entries that pass level and filter, oldest first. */
export function logRows({ snapshot: { facts, ui } }: Scene): readonly LogEntry[] {
  const passes = filterOf(ui.view === 'logs' ? ui.filter : '');
  return facts.log.filter((entry) => (ui.level === 'warn' || entry.level === 'error') && passes(entryText(entry)));
}

/** `14:02:11 ▲ flush insert_failed: …` */
export function entryLine(entry: LogEntry, look: Look): string {
  const bad = entry.level === 'error';
  const sign = look.paint(bad ? 'bad' : 'warn', bad ? look.mark.bad : look.mark.warn);
  return `${look.paint('dim', clock(entry.at))} ${sign} ${entryText(entry)}`;
}

/** One entry in words, harmless on a terminal. */
export function entryText({ step, event, fields }: LogEntry): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  return terminalText([`${step}: ${event.replaceAll('_', ' ')}`, ...rest].join('  '));
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function emptyText({ snapshot: { facts } }: Scene): string {
  return facts.log.length === 0 ? ' nothing at this level so far' : ' nothing matches';
}
