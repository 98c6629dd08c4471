import type { Look } from '../../../terminal/look.ts';

/** Three lines a digit, drawn with half blocks. */
const DIGITS: Readonly<Record<string, readonly [string, string, string]>> = {
  '0': ['█▀█', '█ █', '▀▀▀'],
  '1': [' ▄█', '  █', '  ▀'],
  '2': ['▀▀█', '█▀▀', '▀▀▀'],
  '3': ['▀▀█', ' ▀█', '▀▀▀'],
  '4': ['█ █', '▀▀█', '  ▀'],
  '5': ['█▀▀', '▀▀█', '▀▀▀'],
  '6': ['█▀▀', '█▀█', '▀▀▀'],
  '7': ['▀▀█', '  █', '  ▀'],
  '8': ['█▀█', '█▀█', '▀▀▀'],
  '9': ['█▀█', '▀▀█', '▀▀▀'],
  ',': [' ', ' ', '▄'],
};

export const BIG_LINES = 3;

/** A number in large digits; where there are only ASCII characters, in its own size on the middle line. */
export function bigNumber(text: string, look: Look): readonly string[] {
  const glyphs = Array.from(text, (character) => DIGITS[character]);
  if (look.symbols === 'ascii' || glyphs.includes(undefined)) return ['', text, ''];
  return Array.from({ length: BIG_LINES }, (_, line) => glyphs.map((glyph) => glyph![line]).join(' '));
}
