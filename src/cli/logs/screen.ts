import { terminalText } from '../../terminal/text.ts';
import type { Style } from '../terminal/style.ts';
import type { Entry, Level } from './entry.ts';

const LEVEL_COLUMNS = 5;
const STEP_COLUMNS = 8;
const MINUTE_MS = 60_000;

/** An entry for people, in one line; what others wrote into it is escaped. */
export function entryText({ at, level, step, event, fields }: Entry, style: Style): string {
  const paint: Readonly<Record<Level, (text: string) => string>> = {
    debug: style.dim,
    info: style.good,
    warn: style.warn,
    error: style.bad,
  };
  const parts = Object.entries(fields).map(
    ([key, value]) => `${style.dim(`${terminalText(key)}=`)}${valueText(value)}`,
  );
  const head = `${style.dim(localIso(at))} ${paint[level](level.padEnd(LEVEL_COLUMNS))}`;
  return [head, terminalText(step).padEnd(STEP_COLUMNS), style.bold(terminalText(event)), ...parts].join(' ');
}

/** The same as a document: times with their offset, levels as words. */
export function entryDocument({ at, level, step, event, fields }: Entry): object {
  return { time: new Date(at).toISOString(), level, step, event, ...fields };
}

/** `2026-11-21T09:06:04.123+01:00`, as the clocks of this machine say. */
export function localIso(at: number): string {
  const offset = -new Date(at).getTimezoneOffset();
  const local = new Date(at + offset * MINUTE_MS).toISOString().slice(0, -1);
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return terminalText(value);
  return terminalText(JSON.stringify(value) ?? '');
}
