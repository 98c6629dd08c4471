import { displayWidth, graphemes, terminalText } from './text.ts';

/** Lines that one text takes at the most; what a stranger sent may be longer than anybody reads. */
const LINES_MAX = 6;

/** Harmless lines of at most `width` columns, broken between words where there are some; `…` where more was. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of terminalText(text)
    .split(' ')
    .flatMap((long) => pieces(long, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (lines.length < LINES_MAX) return [...lines, line];
  return [...lines.slice(0, LINES_MAX - 1), '…'];
}

function pieces(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  for (const { text } of graphemes(word)) {
    if (displayWidth(part + text) > width) {
      parts.push(part);
      part = '';
    }
    part += text;
  }
  return [...parts, part];
}
