import type { Key } from 'ink';

const NAMED = [
  ['return', 'enter'],
  ['escape', 'esc'],
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** Keys that are characters where several were typed at once. */
const CHARACTERS: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
};

/**
 * The names of the keys as `KEYMAP` writes them: a character is itself. Ink hands over what was typed fast, or pasted, as
 * one input.
 */
export function keyNames(input: string, key: Key): string[] {
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  const named = NAMED.find(([field]) => key[field]);
  if (named !== undefined) return [named[1]];
  return Array.from(input, (character) => CHARACTERS[character] ?? character);
}
