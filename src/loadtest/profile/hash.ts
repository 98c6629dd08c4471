/**
 * Integer hashes that make everything about an event out of its index. None of them has to be secret; all have to be the
 * same on every machine and cost nanoseconds.
 */

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): a bijection of 32-bit numbers, unsigned. */
export function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit number, unsigned, of `value` under `key`, which has to be a mixed number itself. */
export function hash(key: number, value: number): number {
  return mix(Math.imul(value, 0x9e3779b1) ^ key);
}

/** The two hexadecimal digits of each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight hexadecimal digits of a 32-bit number. */
export function hex32(value: number): string {
  return HEX[value >>> 24]! + HEX[(value >>> 16) & 255]! + HEX[(value >>> 8) & 255]! + HEX[value & 255]!;
}

/** Four hexadecimal digits of the low 16 bits of a number. */
export function hex16(value: number): string {
  return HEX[(value >>> 8) & 255]! + HEX[value & 255]!;
}
