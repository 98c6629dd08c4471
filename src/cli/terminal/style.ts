import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** The few ways in which text may stand out. Meaning never hangs on colour alone. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
}

const plain: Paint = (text) => text;

export const PLAIN: Style = { bold: plain, dim: plain, good: plain, warn: plain, bad: plain };

/** Colours where `stream` is a terminal that shows them and nobody set NO_COLOR. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      styleText(format, text, { stream });
  return { bold: paint('bold'), dim: paint('dim'), good: paint('green'), warn: paint('yellow'), bad: paint('red') };
}
