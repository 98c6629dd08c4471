/**
 * The two hashes of a row that both sides compute: xxHash32 and MurmurHash3 (x86, 32 bits), both with seed 0, as ClickHouse
 * has them under `xxHash32` and `murmurHash3_32`. Together 64 bits, by two functions that have nothing in common; each is
 * 32-bit arithmetic, which is what JavaScript does fast. In one pass, because reading the bytes is half of the work.
 *
 * Sources: github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, github.com/aappleby/smhasher (MurmurHash3.cpp).
 */
const X1 = 0x9e3779b1 | 0;
const X2 = 0x85ebca77 | 0;
const X3 = 0xc2b2ae3d | 0;
const X4 = 0x27d4eb2f;
const X5 = 0x165667b1;
const M1 = 0xcc9e2d51 | 0;
const M2 = 0x1b873593;
const M3 = 0xe6546b64 | 0;

/** Where `hashRow` leaves its results, as numbers from 0 to 2^32 - 1: an object a row would cost more than its hash. */
export const hashed = { xx: 0, murmur: 0 };

/** Hashes `bytes` from `from` to before `to` into `hashed`. */
export function hashRow(bytes: Uint8Array, from: number, to: number): void {
  const length = to - from;
  let at = from;
  let murmur = 0;
  let xx = X5;
  if (length >= 16) {
    let a = (X1 + X2) | 0;
    let b = X2;
    let c = 0;
    let d = -X1 | 0;
    // Written out: calls in here are not all inlined, and cost four times as much.
    for (const last = to - 16; at <= last; at += 16) {
      let w: number;
      w = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      a = (a + Math.imul(w, X2)) | 0;
      a = Math.imul((a << 13) | (a >>> 19), X1);
      w = Math.imul(w, M1);
      murmur ^= Math.imul((w << 15) | (w >>> 17), M2);
      murmur = (Math.imul((murmur << 13) | (murmur >>> 19), 5) + M3) | 0;
      w = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
      b = (b + Math.imul(w, X2)) | 0;
      b = Math.imul((b << 13) | (b >>> 19), X1);
      w = Math.imul(w, M1);
      murmur ^= Math.imul((w << 15) | (w >>> 17), M2);
      murmur = (Math.imul((murmur << 13) | (murmur >>> 19), 5) + M3) | 0;
      w = bytes[at + 8]! | (bytes[at + 9]! << 8) | (bytes[at + 10]! << 16) | (bytes[at + 11]! << 24);
      c = (c + Math.imul(w, X2)) | 0;
      c = Math.imul((c << 13) | (c >>> 19), X1);
      w = Math.imul(w, M1);
      murmur ^= Math.imul((w << 15) | (w >>> 17), M2);
      murmur = (Math.imul((murmur << 13) | (murmur >>> 19), 5) + M3) | 0;
      w = bytes[at + 12]! | (bytes[at + 13]! << 8) | (bytes[at + 14]! << 16) | (bytes[at + 15]! << 24);
      d = (d + Math.imul(w, X2)) | 0;
      d = Math.imul((d << 13) | (d >>> 19), X1);
      w = Math.imul(w, M1);
      murmur ^= Math.imul((w << 15) | (w >>> 17), M2);
      murmur = (Math.imul((murmur << 13) | (murmur >>> 19), 5) + M3) | 0;
    }
    xx = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  }
  xx = (xx + length) | 0;
  for (; at + 4 <= to; at += 4) {
    const w = word(bytes, at);
    xx = Math.imul(rotate((xx + Math.imul(w, X3)) | 0, 17), X4);
    murmur = mix(murmur, w);
  }
  let tail = 0;
  for (let shift = 0; at < to; at++, shift += 8) {
    const byte = bytes[at]!;
    xx = Math.imul(rotate((xx + Math.imul(byte, X5)) | 0, 11), X1);
    tail |= byte << shift;
  }
  xx = Math.imul(xx ^ (xx >>> 15), X2);
  xx = Math.imul(xx ^ (xx >>> 13), X3);
  murmur ^= scrambled(tail) ^ length;
  murmur = Math.imul(murmur ^ (murmur >>> 16), 0x85ebca6b);
  murmur = Math.imul(murmur ^ (murmur >>> 13), 0xc2b2ae35);
  hashed.xx = (xx ^ (xx >>> 16)) >>> 0;
  hashed.murmur = (murmur ^ (murmur >>> 16)) >>> 0;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function scrambled(input: number): number {
  return Math.imul(rotate(Math.imul(input, M1), 15), M2);
}

function mix(value: number, input: number): number {
  return (Math.imul(rotate(value ^ scrambled(input), 13), 5) + M3) | 0;
}
