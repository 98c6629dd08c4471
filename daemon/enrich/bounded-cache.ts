/**
 * Results of expensive lookups by text key.
 *
 * Holds at most `2 × generationMax` entries: a young and an old generation. A full young one becomes the old one and the
 * former old one is dropped whole, so what was used within the last `generationMax` misses stays. A hit costs one Map
 * lookup; a list of uses, as an exact LRU keeps it, would cost two writes on each.
 */
export class BoundedCache<Value> {
  readonly #generationMax: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(generationMax: number) {
    this.#generationMax = generationMax;
  }

  /** Entries held now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const former = this.#old.get(key);
    if (former === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, former);
    return former;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
