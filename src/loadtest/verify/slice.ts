/**
 * A part of the run's rows that one read can bear: rows whose visitor hashes into a span, which the primary key finds without
 * reading the others, of events within a span of indices.
 */
/** An id tells no larger index. */
export const INDEX_MAX = 2 ** 32 - 1;
const HASH_MAX = 2n ** 64n - 1n;
/** Halving by the hash ends here: what is still too much has few visitors, and is halved by the index. */
const HASH_HALVINGS = 4;

export interface Slice {
  /** Both ends are in it. */
  readonly hash: readonly [from: bigint, to: bigint];
  readonly index: readonly [from: number, to: number];
  /** How often its span of hashes may still be halved. */
  readonly halvings: number;
}

/** All rows in `count` slices of about the same number of rows. */
export function slicesOf(count: number): Slice[] {
  const step = HASH_MAX / BigInt(count) + 1n;
  return Array.from({ length: count }, (_, index) => {
    const from = BigInt(index) * step;
    const to = from + step - 1n;
    return { hash: [from, to < HASH_MAX ? to : HASH_MAX], index: [0, INDEX_MAX], halvings: HASH_HALVINGS };
  });
}

/** Two that hold the same rows; null for one that is as small as it gets. Nearly all rows are before `indexEnd`. */
export function halve({ hash, index, halvings }: Slice, indexEnd: number): readonly [Slice, Slice] | null {
  if (halvings > 0 && hash[0] < hash[1]) {
    const middle = (hash[0] + hash[1]) / 2n;
    return [
      { hash: [hash[0], middle], index, halvings: halvings - 1 },
      { hash: [middle + 1n, hash[1]], index, halvings: halvings - 1 },
    ];
  }
  if (index[0] === index[1]) return null;
  const straddles = index[0] < indexEnd && indexEnd <= index[1];
  const middle = straddles ? indexEnd - 1 : Math.floor((index[0] + index[1]) / 2);
  return [
    { hash, index: [index[0], middle], halvings },
    { hash, index: [middle + 1, index[1]], halvings },
  ];
}
