import { randomInt } from 'node:crypto';

/** Starts lie this many numbers apart at the least, or on each other. */
const STEP_BITS = 16n;
/** What `randomInt` can draw from, which leaves the highest bit of a number unused. */
const STARTS = 2 ** 47;

/**
 * Number before the first segment of a lane whose folder is empty: a random one of 63 bits. Batches of several collectors
 * in one table, and of a spool that was removed and begun anew, share a number only when the ranges that they count through
 * meet: for two spools of n batches each the chance is 2n in 2^63, one in four million million for a million batches each.
 * It need not be kept: while a lane lives its folder holds the highest number, and numbers go on from there. A copied
 * folder goes on from the same number as its original; nothing here can tell.
 */
export function firstNumber(): bigint {
  return BigInt(randomInt(1, STARTS)) << STEP_BITS;
}
