import type { BlockColumn, ReadBlock } from '../../../src/clickhouse/native/read-block.ts';

/**
 * Rows of a Native block as PostgreSQL's `COPY … FROM STDIN (FORMAT binary)` takes them: nothing is escaped and no number
 * becomes text. Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"; values as the types'
 * receive functions read them (`numeric_recv`, `timestamp_recv`, `uuid_recv`).
 */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Bytes of one piece, some of a millisecond's work. Only a row that is larger makes a larger one. */
const PIECE_BYTES = 65_536;
/** What any value takes besides the bytes of a text. */
const VALUE_BYTES_MAX = 40;
/** Milliseconds from 1970 to 2000, where PostgreSQL counts from. */
const EPOCH_MS = 946_684_800_000n;
const NUMERIC_NEGATIVE = 0x4000;
const NUMERIC_BASE = 10_000;
const NUMERIC_SCALE = 4;

/** The columns of a COPY, in the order of the block. */
export function copyColumns({ columns }: ReadBlock): string {
  return columns.map(({ name }) => name).join(', ');
}

/** The whole COPY in pieces: head, the rows for which `keep` says yes, tail. */
export function* copyRows(
  block: Buffer,
  { rows, columns }: ReadBlock,
  keep: (row: number) => boolean,
): Generator<Buffer> {
  const places = Float64Array.from(columns, ({ start }) => start);
  const writer = new PieceWriter();
  writer.head();
  for (let row = 0; row < rows; row++) {
    const isKept = keep(row);
    if (isKept) writer.begin(columns.length);
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      const at = places[index]!;
      places[index] = isKept ? writer.value(block, at, column) : skip(block, at, column);
    }
    if (writer.isFull) yield writer.take();
  }
  writer.tail();
  yield writer.take();
}

function skip(block: Buffer, at: number, { width }: BlockColumn): number {
  if (width > 0) return at + width;
  const { length, start } = lengthAt(block, at);
  return start + length;
}

class PieceWriter {
  #bytes = Buffer.allocUnsafeSlow(PIECE_BYTES * 2);
  #at = 0;

  get isFull(): boolean {
    return this.#at >= PIECE_BYTES;
  }

  head(): void {
    this.#at += SIGNATURE.copy(this.#bytes, this.#at);
    // No flags, no further header.
    this.#int32(0);
    this.#int32(0);
  }

  begin(fields: number): void {
    this.#room(2);
    this.#int16(fields);
  }

  tail(): void {
    this.#room(2);
    this.#int16(-1);
  }

  take(): Buffer {
    const piece = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return piece;
  }

  /** Writes the value at `at`; returns the position behind it. */
  value(block: Buffer, at: number, { type, width }: BlockColumn): number {
    if (width === 0) return this.#text(block, at);
    this.#room(VALUE_BYTES_MAX);
    switch (type) {
      case 'UUID':
        this.#int32(16);
        // Two halves, the higher one first, each from its lowest byte.
        for (let byte = 7; byte >= 0; byte--) this.#bytes[this.#at++] = block[at + byte]!;
        for (let byte = 15; byte >= 8; byte--) this.#bytes[this.#at++] = block[at + byte]!;
        break;
      case 'UInt8':
        this.#int32(2);
        this.#int16(block[at]!);
        break;
      case "DateTime64(3, 'UTC')":
        this.#int32(8);
        this.#at = this.#bytes.writeBigInt64BE((block.readBigInt64LE(at) - EPOCH_MS) * 1_000n, this.#at);
        break;
      case 'Decimal(18, 4)':
        this.#numeric(block.readBigInt64LE(at));
        break;
      default:
        this.#int32(8);
        this.#at = this.#bytes.writeBigInt64BE(block.readBigInt64LE(at), this.#at);
    }
    return at + width;
  }

  #text(block: Buffer, at: number): number {
    const { length, start } = lengthAt(block, at);
    this.#room(length + 4);
    this.#int32(length);
    const end = start + length;
    // A native copy costs more than a short loop.
    if (length > 64) this.#at += block.copy(this.#bytes, this.#at, start, end);
    else for (let byte = start; byte < end; byte++) this.#bytes[this.#at++] = block[byte]!;
    return end;
  }

  /** Ten-thousandths: the last digit of base 10,000 is the fraction. */
  #numeric(units: bigint): void {
    const digits: number[] = [];
    for (let rest = units < 0n ? -units : units; rest > 0n; rest /= BigInt(NUMERIC_BASE)) {
      digits.push(Number(rest % BigInt(NUMERIC_BASE)));
    }
    this.#int32(8 + digits.length * 2);
    this.#int16(digits.length);
    this.#int16(digits.length === 0 ? 0 : digits.length - 2);
    this.#int16(units < 0n ? NUMERIC_NEGATIVE : 0);
    this.#int16(NUMERIC_SCALE);
    for (let index = digits.length - 1; index >= 0; index--) this.#int16(digits[index]!);
  }

  #int16(value: number): void {
    this.#bytes[this.#at++] = (value >> 8) & 0xff;
    this.#bytes[this.#at++] = value & 0xff;
  }

  #int32(value: number): void {
    this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

/** Length of the text at `at`, and where its bytes begin. */
function lengthAt(block: Buffer, at: number): { readonly length: number; readonly start: number } {
  const first = block[at]!;
  if (first < 128) return { length: first, start: at + 1 };
  let length = first & 127;
  let factor = 128;
  let start = at + 1;
  for (;;) {
    const byte = block[start++]!;
    length += (byte & 127) * factor;
    if (byte < 128) return { length, start };
    factor *= 128;
  }
}
