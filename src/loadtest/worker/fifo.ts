const CAPACITY_MIN = 16;

/** A queue whose ends cost the same however long it is; it keeps the room it once needed. Whoever fills it bounds it. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array(CAPACITY_MIN);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  /** The oldest, or undefined. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  /** Forgets everything; returns what there was. */
  clear(): T[] {
    const items: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    return items;
  }

  #grow(): void {
    const ring = new Array<T | undefined>(this.#ring.length * 2);
    for (let index = 0; index < this.#length; index++) {
      ring[index] = this.#ring[(this.#first + index) & (this.#ring.length - 1)];
    }
    this.#ring = ring;
    this.#first = 0;
  }
}
