/**
 * One column of a block being written: a buffer that grows by doubling and is kept for the next block.
 *
 * Always true: `bytes` is the length of what was written since the last `reset`. Memory is bounded by the largest block
 * that was ever written; `reset` gives a buffer above `RETAINED_BYTES_MAX` back.
 */
const INITIAL_BYTES = 4_096;
const RETAINED_BYTES_MAX = 4 * 1024 * 1024;
/** Below this many characters a loop over ASCII beats the call into the runtime's UTF-8 writer. */
const SHORT_TEXT = 48;
const VARINT_BYTES_MAX = 5;

export class ColumnWriter {
  bytes = 0;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);

  text(value: string): void {
    const length = value.length;
    let at = this.bytes;
    if (length === 0) {
      if (at >= this.#buffer.length) this.#grow(1);
      this.#buffer[at] = 0;
      this.bytes = at + 1;
      return;
    }
    if (at + length * 3 + VARINT_BYTES_MAX > this.#buffer.length) this.#grow(length * 3 + VARINT_BYTES_MAX);
    const buffer = this.#buffer;
    if (length <= SHORT_TEXT) {
      buffer[at++] = length;
      let index = 0;
      for (; index < length; index++) {
        const code = value.charCodeAt(index);
        if (code > 127) break;
        buffer[at + index] = code;
      }
      if (index === length) {
        this.bytes = at + length;
        return;
      }
      at--;
    }
    const size = Buffer.byteLength(value);
    at = writeVarint(buffer, at, size);
    this.bytes = at + buffer.write(value, at, size, 'utf8');
  }

  uint8(value: number): void {
    if (this.bytes >= this.#buffer.length) this.#grow(1);
    this.#buffer[this.bytes++] = value;
  }

  /** A safe integer as little-endian Int64. */
  int64(value: number): void {
    if (this.bytes + 8 > this.#buffer.length) this.#grow(8);
    const high = Math.floor(value / 4_294_967_296);
    const low = value - high * 4_294_967_296;
    this.#buffer.writeUInt32LE(low, this.bytes);
    this.#buffer.writeInt32LE(high, this.bytes + 4);
    this.bytes += 8;
  }

  /** A UUID in canonical form (36 characters, lower or upper case); anything else is a defect of the caller. */
  uuid(value: string): void {
    if (this.bytes + 16 > this.#buffer.length) this.#grow(16);
    const buffer = this.#buffer;
    const base = this.bytes;
    let nibbles = 0;
    let byte = 0;
    for (let index = 0; index < 36; index++) {
      const code = value.charCodeAt(index);
      if (code === 45) continue;
      byte = (byte << 4) | (code < 58 ? code - 48 : (code & 0xdf) - 55);
      if (++nibbles % 2 === 0) {
        const position = nibbles / 2 - 1;
        buffer[base + (position < 8 ? 7 - position : 23 - position)] = byte & 0xff;
        byte = 0;
      }
    }
    this.bytes = base + 16;
  }

  copyTo(target: Uint8Array, at: number): void {
    target.set(this.#buffer.subarray(0, this.bytes), at);
  }

  reset(): void {
    this.bytes = 0;
    if (this.#buffer.length > RETAINED_BYTES_MAX) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #grow(by: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.bytes + by));
    this.#buffer.copy(grown, 0, 0, this.bytes);
    this.#buffer = grown;
  }
}

/** Writes an unsigned LEB128 number; returns the position after it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  while (rest > 127) {
    target[position++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  target[position++] = rest;
  return position;
}
