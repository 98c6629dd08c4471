/**
 * Text of strangers (event names, URLs, property values) on a terminal. Nothing that moves the cursor, recolours, writes
 * the clipboard or reorders what is read gets through: it is shown as an escape instead.
 */

// C0 and C1 controls, line separators, bidirectional marks, zero-width and other invisible characters, tag characters,
// lone surrogates.
const HOSTILE =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` in one line, with everything escaped that a terminal would obey or a reader could not see. */
export function terminalText(text: string): string {
  return text.replace(HOSTILE, (char) => SHORT[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** The same for text of several lines: keeps line breaks. */
export function terminalLines(text: string): string {
  return text.split('\n').map(terminalText).join('\n');
}

/** JSON in which such characters are escapes too: the same data, and harmless when it is printed on a terminal. */
export function terminalJson(value: unknown, indent = 0): string {
  return harmlessJson(JSON.stringify(value, null, indent));
}

/** The same for JSON that is text already; not a digit of its numbers is touched. */
export function harmlessJson(json: string): string {
  // Line breaks between the values are ours; inside of them they are escapes already.
  return json.replace(HOSTILE, (char) => (char === '\n' ? char : unicodeEscapes(char)));
}

function unicodeEscapes(char: string): string {
  return Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

const ZERO_WIDTH = /^[\p{Mn}\p{Me}]+$/u;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
/** Text that takes one column a character whatever is beside it: ASCII, Latin, punctuation, boxes, blocks and braille. */
const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25ff\u2800-\u28ff]*$/;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The characters of `text` as a reader counts them, each with the columns it takes. */
export function* graphemes(text: string): Generator<{ readonly text: string; readonly width: number }> {
  for (const { segment } of segmenter.segment(text)) yield { text: segment, width: graphemeWidth(segment) };
}

/** Columns that `text` takes on a terminal; for text that `terminalText` has passed. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += grapheme.width;
  return width;
}

/** The beginning of `text` that fits into `columns`, marked with `…` when that is not all of it. */
export function shorten(text: string, columns: number): string {
  if (text.length <= columns && displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const grapheme of graphemes(text)) {
    width += grapheme.width;
    if (width > columns - 1) break;
    kept += grapheme.text;
  }
  return columns > 0 ? `${kept}…` : '';
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return ZERO_WIDTH.test(grapheme) ? 0 : 1;
}
