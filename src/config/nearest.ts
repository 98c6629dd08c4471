/** Of `known`, the name that a person who typed `given` most likely meant; undefined when none is near. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const wanted = given.slice(0, NAME_CHARS_MAX).toLowerCase();
  let best: string | undefined;
  // Of three letters two wrong ones are another word.
  let bestDistance = (wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))) + 1;
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

const NAME_CHARS_MAX = 64;

/** Levenshtein: insertions, deletions and substitutions of one character that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
