import { type Block, block, lineWidth, toWidth } from '../../../terminal/lines.ts';
import type { Look, Tone } from '../../../terminal/look.ts';
import { terminalText } from '../../../terminal/text.ts';
import { wrap } from '../../../terminal/wrap.ts';
import type { Fact, FactTone } from '../facts.ts';

const NAME_COLUMNS = 20;
/** From this width on facts stand in two columns. */
const TWO_COLUMNS_MIN = 90;

export function heading(title: string, look: Look, note = ''): string {
  return ` ${look.paint('bold', title)}${note === '' ? '' : `  ${look.paint('dim', terminalText(note))}`}`;
}

export function painted(text: string, tone: FactTone | undefined, look: Look): string {
  return tone === undefined || tone === 'plain' ? text : look.paint(tone, text);
}

/** Names and values, one below the other; a value that is too long goes on below itself. */
export function factLines(facts: readonly Fact[], width: number, look: Look): string[] {
  const room = Math.max(10, width - NAME_COLUMNS - 2);
  return facts.flatMap(({ name, value, tone }) =>
    wrap(value, room).map((part, index) => {
      const shown = index === 0 ? look.paint('dim', toWidth(terminalText(name), NAME_COLUMNS - 1)) : '';
      return ` ${toWidth(shown, NAME_COLUMNS)}${painted(part, tone, look)}`;
    }),
  );
}

/** Two parts beside each other where there is room, else below each other. */
export function twoColumns(
  left: (width: number) => readonly string[],
  right: (width: number) => readonly string[],
  width: number,
): string[] {
  if (width < TWO_COLUMNS_MIN) return [...left(width), '', ...right(width)];
  const half = Math.floor(width / 2);
  const [one, other] = [left(half - 2), right(width - half)];
  return Array.from({ length: Math.max(one.length, other.length) }, (_, row) =>
    (toWidth(one[row] ?? '', half) + (other[row] ?? '')).trimEnd(),
  );
}

/** Parts that stand behind each other, in as many lines as they need. Parts may be painted, and are not cut. */
export function flow(parts: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : lines.at(-1)! + gap + part;
    if (lines.length > 0 && lineWidth(longer) <= width - 1) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.map((line) => ` ${line}`);
}

/** `lines` centred in columns of equal width, beside each other. */
export function centred(columns: readonly (readonly string[])[], width: number, height: number): Block {
  const each = Math.floor(width / Math.max(1, columns.length));
  const blocks = columns.map((lines) => {
    const widest = lines.reduce((most, line) => Math.max(most, lineWidth(line)), 0);
    const before = ' '.repeat(Math.max(0, Math.floor((each - widest) / 2)));
    return block(
      lines.map((line) => before + line),
      each,
      height,
    );
  });
  return Array.from({ length: height }, (_, row) => blocks.map((one) => one[row]!).join(''));
}

export function bullet(tone: Tone, mark: string, text: string, width: number, look: Look): string[] {
  return wrap(text, Math.max(10, width - 4)).map((part, index) =>
    index === 0 ? ` ${look.paint(tone, mark)} ${part}` : `   ${part}`,
  );
}
