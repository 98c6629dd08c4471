import { toWidth } from '../../terminal/lines.ts';
import type { Look } from '../../terminal/look.ts';
import { terminalText } from '../../terminal/text.ts';
import { type Binding, findCommands, KEYMAP } from '../input/keymap.ts';

const KEY_COLUMNS = 8;
/** From this width on, keys stand in two columns. */
const TWO_COLUMNS_MIN = 180;

/** Every key and what it does, from the table of keys; `from` is the first line where not all of them fit. */
export function helpLines(look: Look, from: number, width: number, height: number): string[] {
  const lines = allLines(look, width);
  return lines.slice(Math.max(0, Math.min(from, lines.length - height)));
}

/** What can be done when help is open. */
export function helpNote(look: Look, width: number, height: number): string {
  return allLines(look, width).length > height ? '↑ ↓ scroll, : finds, Esc closes' : 'Esc closes';
}

function allLines(look: Look, width: number): string[] {
  const entries = KEYMAP.map((binding) => entryLine(binding, look));
  if (width < TWO_COLUMNS_MIN) return entries;
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

function entryLine({ shown, help }: Binding, look: Look): string {
  return ` ${look.paint('bold', toWidth(shown, KEY_COLUMNS))}${help}`;
}
