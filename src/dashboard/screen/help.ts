import { toWidth } from '../../terminal/lines.ts';
import { type Look, lookOf } from '../../terminal/look.ts';
import { terminalText } from '../../terminal/text.ts';
import { wrap } from '../../terminal/wrap.ts';
import { type Binding, findCommands, KEYMAP } from '../input/keymap.ts';

const KEY_COLUMNS = 8;
/** From this width on, keys stand in two columns. */
const TWO_COLUMNS_MIN = 180;

/** Every key and what it does, from the table of keys; `from` is the first line where not all of them fit. */
export function helpLines(look: Look, from: number, width: number, height: number): string[] {
  const lines = allLines(look, width);
  return lines.slice(Math.max(0, Math.min(from, lines.length - height)));
}

/** The largest `from` that still shows something new. */
export function helpEnd({ width, height }: { width: number; height: number }): number {
  return Math.max(0, allLines(PLAIN, width).length - height);
}

const PLAIN = lookOf('ascii', false);

/** What can be done when help is open. */
export function helpNote(look: Look, width: number, height: number): string {
  return allLines(look, width).length > height ? '↑ ↓ scroll, : finds, Esc closes' : 'Esc closes';
}

function allLines(look: Look, width: number): string[] {
  if (width < TWO_COLUMNS_MIN) return KEYMAP.flatMap((binding) => entryLines(binding, look, width));
  const entries = KEYMAP.map((binding) => entryLine(binding, look));
  const half = Math.ceil(entries.length / 2);
  const column = Math.floor(width / 2);
  return entries.slice(0, half).map((left, index) => toWidth(left, column) + (entries[half + index] ?? ''));
}

/** What is typed into the list of commands, and those that fit; Enter does the first. */
export function commandLines(typed: string, look: Look): string[] {
  const found = findCommands(typed).map((binding, index) => {
    const line = entryLine(binding, look);
    return index === 0 ? look.paint('inverse', line) : line;
  });
  return [
    ` : ${terminalText(typed)}${look.paint('inverse', ' ')}`,
    '',
    ...(found.length > 0 ? found : [' no such command']),
  ];
}

function entryLines({ shown, help }: Binding, look: Look, width: number): string[] {
  return wrap(help, width - KEY_COLUMNS - 1).map((part, row) =>
    entryLine({ shown: row === 0 ? shown : '', help: part }, look),
  );
}

function entryLine({ shown, help }: Pick<Binding, 'shown' | 'help'>, look: Look): string {
  return ` ${look.paint('bold', toWidth(shown, KEY_COLUMNS))}${help}`;
}
