/**
 * Finds where a JSON value ends, how deep it nests and how many keys it has, without parsing it: one pass over the
 * bytes that cannot recurse, allocate or fail. It takes broken JSON for what it looks like; `JSON.parse` is the judge.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const LAST_WHITESPACE = 0x20;
/** `[` and `{` (and `]` and `}`) differ in this bit alone. */
const BRACE_BIT = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class JsonScanner {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** Index of the next byte. */
  position: number;
  /** Deepest nesting of the last value: 0 for a scalar, 1 for a flat object. */
  depth = 0;
  /** Object keys of the last value. */
  keys = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.position = start;
  }

  /** Moves to the next byte that is no whitespace and returns it, or -1 at the end. */
  peek(): number {
    while (this.position < this.#end) {
      const byte = this.#bytes[this.position]!;
      if (byte > LAST_WHITESPACE) return byte;
      this.position++;
    }
    return -1;
  }

  /** Moves past one value: to the byte after its closing bracket, or to the delimiter after a scalar. */
  skipValue(): void {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.position;
    let depth = 0;
    let deepest = 0;
    let keys = 0;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        at = afterString(bytes, at + 1, end);
        continue;
      }
      const bracket = byte | BRACE_BIT;
      if (bracket === OPEN_BRACE) {
        if (++depth > deepest) deepest = depth;
      } else if (bracket === CLOSE_BRACE) {
        if (depth === 0) break;
        if (--depth === 0) {
          at++;
          break;
        }
      } else if (byte === COLON) {
        keys++;
      } else if (byte === COMMA && depth === 0) {
        break;
      }
      at++;
    }
    this.position = at;
    this.depth = deepest;
    this.keys = keys;
  }
}

function afterString(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at++]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return end;
}
