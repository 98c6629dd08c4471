import { randomInt } from 'node:crypto';

const SEQUENCE_BITS = 32n;

/**
 * Number before the first segment of a lane whose folder is empty: random high bits, and zeros. Batches of several collectors
 * in one table, and of a spool that was removed and begun anew, therefore never share a number. It need not be kept: while
 * a lane lives its folder holds the highest number, and numbers go on from there.
 */
export function firstNumber(): bigint {
  return BigInt(randomInt(1, 2 ** 31)) << SEQUENCE_BITS;
}
