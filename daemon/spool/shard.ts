/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** Between account and visitor, or `ab` + `c` would be `a` + `bc`. */
const SEPARATOR = 0xff;

/**
 * The shard that a row goes to: index from 0 to `shards` − 1. The one place that decides it.
 *
 * The same account and visitor always go to the same one, so that what one visitor did lies together; a row without a
 * visitor goes by its own id. With one shard more, each visitor stays or moves to the new one (rendezvous hashing: the
 * shard whose mix with the key is greatest has it). Rows that are stored stay where they are.
 */
export function shardOf(account: string, visitor: string, id: string, shards: number): number {
  const key = hashText(visitor === '' ? id : visitor, Math.imul(hashText(account) ^ SEPARATOR, PRIME));
  let best = 0;
  let bestScore = -1;
  for (let shard = 0; shard < shards; shard++) {
    const score = mix(key ^ Math.imul(shard + 1, 0x9e3779b1));
    if (score > bestScore) {
      best = shard;
      bestScore = score;
    }
  }
  return best;
}

function hashText(text: string, from = OFFSET_BASIS): number {
  let hash = from;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  return hash;
}

/** The finalizer of MurmurHash3: each bit of the input moves each of the output. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
