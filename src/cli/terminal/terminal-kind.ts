import type { Environment } from '../../config/environment.ts';
import type { Symbols } from '../../terminal/look.ts';

export const SYMBOLS = ['auto', 'braille', 'block', 'ascii'] as const;
export type SymbolsChoice = (typeof SYMBOLS)[number];

/** From this width on a chart in braille is still large enough to be read, and shows twice as many points. */
const BRAILLE_COLUMNS_MIN = 160;

/** The characters to draw with: what was asked for, else what the locale has and the width makes sense of. */
export function symbolsFor(choice: SymbolsChoice, env: Environment, columns: number): Symbols {
  if (choice !== 'auto') return choice;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  if (!/utf-?8/i.test(locale)) return 'ascii';
  return columns >= BRAILLE_COLUMNS_MIN ? 'braille' : 'block';
}

/** Whether a screen can be drawn at all: a terminal that moves its cursor, and nobody's CI. */
export function isScreen(stdout: NodeJS.WriteStream, env: Environment): boolean {
  return stdout.isTTY === true && env.TERM !== 'dumb' && !isOn(env.CI);
}

/** Whether the person uses a screen reader, as they told by a flag or the environment. */
export function isAccessible(flag: boolean, env: Environment): boolean {
  return flag || isOn(env.ACCESSIBLE) || isOn(env.INK_SCREEN_READER);
}

export function hasColours(flag: boolean, env: Environment): boolean {
  return !flag && !env.NO_COLOR && !env.TRACKFLOW_NO_COLOR;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
