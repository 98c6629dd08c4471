/** How things are drawn: the 16 colours of the terminal's own palette, and the characters it can show. */
export type Tone = 'bold' | 'dim' | 'accepted' | 'stored' | 'good' | 'warn' | 'bad' | 'accent' | 'inverse';

/** `auto` is decided where the environment is known. */
export type Symbols = 'block' | 'braille' | 'ascii';

export interface Look {
  readonly symbols: Symbols;
  /** `text` in a tone. Meaning never hangs on it alone. */
  paint(tone: Tone, text: string): string;
  readonly border: Border;
  /** Fill of gauges: full and empty. */
  readonly gauge: readonly [full: string, empty: string];
  /** Light of the state word, warning, error, sort down, sort up, selection, separator, ellipsis. */
  readonly mark: Readonly<Record<'light' | 'warn' | 'bad' | 'down' | 'up' | 'here' | 'dot', string>>;
}

interface Border {
  readonly horizontal: string;
  readonly vertical: string;
  /** Top left, top right, bottom left, bottom right. */
  readonly corners: readonly [string, string, string, string];
  readonly axis: string;
}

const ESC = '\u001b[';

const CODES: Readonly<Record<Tone, readonly [open: number, close: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  accepted: [36, 39],
  stored: [32, 39],
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
  accent: [34, 39],
  inverse: [7, 27],
};

const LINES: Border = { horizontal: '─', vertical: '│', corners: ['╭', '╮', '╰', '╯'], axis: '┤' };
const ASCII_LINES: Border = { horizontal: '-', vertical: '|', corners: ['+', '+', '+', '+'], axis: '|' };

export function lookOf(symbols: Symbols, colours: boolean): Look {
  const ascii = symbols === 'ascii';
  return {
    symbols,
    paint: (tone, text) => (colours && text !== '' ? `${ESC}${CODES[tone][0]}m${text}${ESC}${CODES[tone][1]}m` : text),
    border: ascii ? ASCII_LINES : LINES,
    gauge: ascii ? ['#', '.'] : ['█', '░'],
    mark: ascii
      ? { light: '*', warn: '!', bad: 'x', down: 'v', up: '^', here: '>', dot: '|' }
      : { light: '●', warn: '▲', bad: '✖', down: '▼', up: '▲', here: '▸', dot: '·' },
  };
}
