/**
 * A fast hash of text for tables and for names that need no secrecy (never for hiding what went in: see `visitor.ts`).
 * Two lanes of 32 bits with different multipliers, each finished as MurmurHash3 does.
 */
const LANE_A = 0x9e3779b1;
const LANE_B = 0x85ebca77;

/** Each byte as two hexadecimal digits; several times faster than toString(16) with padding. */
export const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The lower 32 bits of the hash, as a signed integer. */
export function hashLow(text: string, seed: number): number {
  return lane(text, seed, LANE_A);
}

/** The upper 32 bits of the hash, as a signed integer. */
export function hashHigh(text: string, seed: number): number {
  return lane(text, seed ^ 0x5bd1e995, LANE_B);
}

/** 64 bits of hash as 16 hexadecimal digits. */
export function hashHex(text: string, seed: number): string {
  return hex32(hashHigh(text, seed)) + hex32(hashLow(text, seed));
}

/** 64 bits that depend on two halves and a number, as 16 hexadecimal digits. */
export function mixHex(low: number, high: number, value: number): string {
  const valueHigh = Math.floor(value / 0x1_0000_0000);
  const a = finish(Math.imul(low ^ (value | 0), LANE_A) ^ high ^ valueHigh);
  const b = finish(Math.imul(high ^ a, LANE_B) ^ low ^ (value | 0));
  return hex32(b) + hex32(a);
}

function lane(text: string, seed: number, multiplier: number): number {
  let hash = seed ^ text.length;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), multiplier);
    hash ^= hash >>> 15;
  }
  return finish(hash);
}

function finish(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hex32(value: number): string {
  return HEX[value >>> 24]! + HEX[(value >>> 16) & 0xff]! + HEX[(value >>> 8) & 0xff]! + HEX[value & 0xff]!;
}
