/**
 * Sums of the rows of a COPY in text format, taken from the bytes as the server sent them while they pass.
 *
 * Promises: what is hashed of a row is its text with the escapes of COPY undone, fields parted by tabs, NULL as `\N`, as
 * `clickhouse/statements.ts` makes it again of what is stored. Always true: memory is that of the longest row.
 */
import { hashed, hashRow } from '../row-hash.ts';
import { type RowSums, rowChecksum, SUM_MODULUS } from '../sums.ts';

const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const NULL_LETTER = 0x4e;
/** Letters after a backslash and the bytes that they stand for. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }).map(([letter, byte]) => [letter.charCodeAt(0), byte]),
);

export class CopySums {
  #rows = 0;
  #xx = 0;
  #murmur = 0;
  #nulls = 0;
  /** Pieces of a row that came in several chunks. */
  #pieces: Buffer[] = [];
  /** First backslash of `#chunk` that is not behind us. */
  #chunk: Buffer | null = null;
  #backslash = -1;

  /** The next bytes of a row; `isEnd`: the message of the server ends with them. */
  add(chunk: Buffer, from: number, to: number, isEnd: boolean): void {
    const isWhole = isEnd && to > from && chunk[to - 1] === NEWLINE;
    if (isWhole && this.#pieces.length === 0) {
      this.#row(chunk, from, to - 1);
      return;
    }
    // A copy: who reads the socket moves bytes about in it.
    this.#pieces.push(Buffer.from(chunk.subarray(from, to)));
    if (!isWhole && !(isEnd && this.#pieces.at(-1)?.at(-1) === NEWLINE)) return;
    const row = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#row(row, 0, row.length - 1);
  }

  /** Throws when that is not as many rows as the server says it has sent. */
  result(sent: number): RowSums {
    if (this.#rows !== sent || this.#pieces.length > 0)
      throw new Error(`the source says that it sent ${sent} rows, ${this.#rows} came`);
    return { by: 'rows', rows: sent, checksum: rowChecksum(this.#xx, this.#murmur), nulls: this.#nulls };
  }

  #row(bytes: Buffer, from: number, to: number): void {
    if (bytes !== this.#chunk || (this.#backslash >= 0 && this.#backslash < from)) {
      this.#chunk = bytes;
      this.#backslash = bytes.indexOf(BACKSLASH, from);
    }
    if (this.#backslash < 0 || this.#backslash >= to) hashRow(bytes, from, to);
    else this.#escaped(bytes, from, to);
    this.#rows++;
    this.#xx = (this.#xx + hashed.xx) % SUM_MODULUS;
    this.#murmur = (this.#murmur + hashed.murmur) % SUM_MODULUS;
  }

  #escaped(bytes: Buffer, from: number, to: number): void {
    let plain: Buffer | null = null;
    let filled = 0;
    let done = from;
    for (let at = this.#backslash; at >= 0 && at < to; at = bytes.indexOf(BACKSLASH, at + 2)) {
      const letter = bytes[at + 1]!;
      if (letter === NULL_LETTER) {
        this.#nulls++;
        continue;
      }
      plain ??= Buffer.allocUnsafe(to - from);
      filled += bytes.copy(plain, filled, done, at);
      plain[filled++] = ESCAPES.get(letter) ?? letter;
      done = at + 2;
    }
    if (plain === null) {
      hashRow(bytes, from, to);
      return;
    }
    filled += bytes.copy(plain, filled, done, to);
    hashRow(plain, 0, filled);
  }
}
