/**
 * A reproducible stream of numbers, above 0 and below 1, from a seed: sfc32 by Chris Doty-Humphrey (PractRand), 128 bits of
 * state. Not for anything that has to be secret.
 */
export function randomStream(seed: number): () => number {
  let a = seed | 0;
  let b = Math.trunc(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    // The half keeps it off 0, whose logarithm is infinite.
    return ((sum >>> 0) + 0.5) / 2 ** 32;
  };
  // Seeds that differ in one bit begin alike; the author's own remedy.
  for (let round = 0; round < 12; round++) next();
  return next;
}
