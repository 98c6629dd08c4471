/**
 * Does long work piece by piece and lets everything else that is due go first between them: whoever waits for a commit
 * waits for a piece, not for a batch. A piece is what is done up to a `yield`, about a millisecond; pieces are cut by
 * counts and never by a clock, so that what happens between them can be replayed. Rejects with what a piece throws.
 */
export async function inPieces<T>(pieces: Generator<void, T>): Promise<T> {
  for (;;) {
    const piece = pieces.next();
    if (piece.done) return piece.value;
    await new Promise(setImmediate);
  }
}

/** The same without a pause, where nothing else is due: before a lane is open. */
export function atOnce<T>(pieces: Generator<void, T>): T {
  for (;;) {
    const piece = pieces.next();
    if (piece.done) return piece.value;
  }
}
