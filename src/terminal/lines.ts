import type { Look } from './look.ts';
import { displayWidth, graphemes } from './text.ts';

/** Lines of one width: what every part of a screen is made of. They may hold our colour codes and no other control. */
export type Block = readonly string[];

// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colour codes
const CODE = /(\u001b\[[\d;]*m)/g;
const RESET = '\u001b[0m';

/** Columns of a line with our colour codes in it. */
export function lineWidth(line: string): number {
  return displayWidth(stripColours(line));
}

export function stripColours(line: string): string {
  return line.includes('\u001b') ? line.replace(CODE, '') : line;
}

/** `line` in exactly `width` columns: filled with blanks, or cut between characters. */
export function toWidth(line: string, width: number): string {
  const missing = width - lineWidth(line);
  return missing >= 0 ? line + ' '.repeat(missing) : cut(line, width);
}

/** The same, standing right. */
export function toWidthRight(line: string, width: number): string {
  const missing = width - lineWidth(line);
  return missing >= 0 ? ' '.repeat(missing) + line : cut(line, width);
}

/** `left` and `right` at the two ends of one line; what does not fit of `right` goes first. */
export function ends(left: string, right: string, width: number): string {
  const room = width - lineWidth(left);
  const shown = lineWidth(right) < room ? right : '';
  return toWidth(left, width - lineWidth(shown)) + shown;
}

/** The parts that fit into `width`, joined; the last ones are dropped first. */
export function fitting(parts: readonly string[], width: number, gap = '  '): string {
  let line = '';
  for (const part of parts) {
    if (part === '') continue;
    const longer = line === '' ? part : line + gap + part;
    if (lineWidth(longer) > width) break;
    line = longer;
  }
  return line;
}

/** `lines` in exactly `height` lines of `width`. */
export function block(lines: readonly string[], width: number, height: number): Block {
  return Array.from({ length: Math.max(0, height) }, (_, index) => toWidth(lines[index] ?? '', width));
}

/** Blocks of one height beside each other. */
export function beside(...blocks: readonly Block[]): Block {
  return (blocks[0] ?? []).map((_, index) => blocks.map((one) => one[index] ?? '').join(''));
}

const ASCII_FOR: Readonly<Record<string, string>> = { '–': '-', '…': '~', '→': '>', '≥': '>', '↑': '^', '↓': 'v' };

/** `line` for a terminal that has only ASCII, in the same columns. */
export function inAscii(line: string): string {
  if (!/[^ -~]/.test(line)) return line;
  return Array.from(graphemes(line), ({ text, width }) =>
    text > '\u007f' || text.length > 1 ? (ASCII_FOR[text] ?? '?'.repeat(width)) : text,
  ).join('');
}

export interface PanelContent {
  readonly title: string;
  /** Stands at the right end of the title line, left away when there is no room. */
  readonly note?: string;
  readonly lines: readonly string[];
  readonly focused?: boolean;
}

/** Lines in a frame with a title. */
export function panel(content: PanelContent, width: number, height: number, look: Look): Block {
  const { horizontal, vertical, corners } = look.border;
  const tone = content.focused === true ? 'accent' : 'dim';
  const inner = width - 2;
  const title = content.title === '' ? '' : ` ${look.paint('bold', cut(content.title, Math.max(0, inner - 3)))} `;
  const note = content.note === undefined || content.note === '' ? '' : ` ${content.note} `;
  const room = inner - 1 - lineWidth(title) - 1;
  const shown = lineWidth(note) <= room ? note : '';
  const rule = look.paint(tone, horizontal.repeat(Math.max(0, room - lineWidth(shown))));
  const edge = look.paint(tone, horizontal);
  const top = look.paint(tone, corners[0]) + edge + title + rule + shown + edge + look.paint(tone, corners[1]);
  const bottom = look.paint(tone, corners[2] + horizontal.repeat(inner) + corners[3]);
  const side = look.paint(tone, vertical);
  return [top, ...block(content.lines, inner, height - 2).map((line) => side + line + side), bottom];
}

function cut(line: string, width: number): string {
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  let styled = false;
  for (const piece of line.split(CODE)) {
    if (piece.startsWith('\u001b')) {
      kept += piece;
      styled = true;
      continue;
    }
    if (used >= width) continue;
    for (const { text, width: columns } of graphemes(piece)) {
      if (used + columns > width) return kept + ' '.repeat(width - used) + (styled ? RESET : '');
      kept += text;
      used += columns;
    }
  }
  return kept;
}
