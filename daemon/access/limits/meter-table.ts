/**
 * Meters of subjects (keys, accounts, addresses) in memory that all collectors share, so that a limit is one limit however
 * many threads count towards it.
 *
 * Always true: a subject has one slot at a time; a meter is changed by compare-and-exchange alone, so nothing that two
 * threads count is lost; memory is what `allocateMeters` took. A slot is given away under a lock that is held for
 * microseconds. When all slots that a subject may have are taken, the one that was idle the longest is forgotten, in
 * favour of its sender: whoever is new begins with a full allowance. A thread that dies leaves nothing locked, as it
 * cannot end within those microseconds but with the process.
 */
const HEADER_WORDS = 4;
const LOCK = 0;

/** Words of a slot: who it is, when it was used (ms), and four meters. */
const WORDS = 6;
const SUBJECT = 0;
const USED_AT = 1;
export const METERS = { eventsRate: 2, bytesRate: 3, eventsDay: 4, bytesDay: 5 } as const;

/** Slots that a subject may have. */
const PROBES = 32;
const SPINS_MAX = 1_000_000;

/** Memory for `slots` subjects, a power of two. */
export function allocateMeters(slots: number): SharedArrayBuffer {
  const dirtyBytes = Math.ceil(slots / 32) * 4;
  return new SharedArrayBuffer((HEADER_WORDS + slots * WORDS) * 8 + Math.ceil(dirtyBytes / 8) * 8);
}

export class MeterTable {
  readonly #words: BigInt64Array<SharedArrayBuffer>;
  /** One bit a slot: its meters of the day have changed since they were last taken. */
  readonly #dirty: Int32Array<SharedArrayBuffer>;
  readonly #slots: number;

  constructor(memory: SharedArrayBuffer, slots: number) {
    this.#slots = slots;
    this.#words = new BigInt64Array(memory, 0, HEADER_WORDS + slots * WORDS);
    this.#dirty = new Int32Array(memory, (HEADER_WORDS + slots * WORDS) * 8, Math.ceil(slots / 32));
  }

  /** The slot of a subject (never 0n), taken for it when it has none. */
  slotOf(subject: bigint, nowMs: number): number {
    const slot = this.#find(subject);
    const found = slot === -1 ? this.#take(subject) : slot;
    Atomics.store(this.#words, this.#at(found) + USED_AT, BigInt(nowMs));
    return found;
  }

  read(slot: number, meter: number): bigint {
    return Atomics.load(this.#words, this.#at(slot) + meter);
  }

  /** Puts `next` in the place of `seen`; false when another thread was faster. */
  exchange(slot: number, meter: number, seen: bigint, next: bigint): boolean {
    return Atomics.compareExchange(this.#words, this.#at(slot) + meter, seen, next) === seen;
  }

  markDirty(slot: number): void {
    Atomics.or(this.#dirty, slot >> 5, 1 << (slot & 31));
  }

  /** The subjects whose meters of the day have changed since the last call, with their slots. */
  *takeDirty(): Generator<{ readonly subject: bigint; readonly slot: number }> {
    for (let word = 0; word < this.#dirty.length; word++) {
      let bits = Atomics.exchange(this.#dirty, word, 0);
      for (let bit = 0; bits !== 0; bit++, bits >>>= 1) {
        if ((bits & 1) === 0) continue;
        const slot = word * 32 + bit;
        yield { subject: Atomics.load(this.#words, this.#at(slot) + SUBJECT), slot };
      }
    }
  }

  #at(slot: number): number {
    return HEADER_WORDS + slot * WORDS;
  }

  #nth(subject: bigint, probe: number): number {
    // The lowest bits say what kind of subject it is, and are the same for all of a kind.
    return (Number(BigInt.asUintN(31, subject >> 2n)) + probe) % this.#slots;
  }

  #find(subject: bigint): number {
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = this.#nth(subject, probe);
      const there = Atomics.load(this.#words, this.#at(slot) + SUBJECT);
      if (there === subject) return slot;
      if (there === 0n) return -1;
    }
    return -1;
  }

  #take(subject: bigint): number {
    this.#lock();
    try {
      // Another thread may have been here first.
      const known = this.#find(subject);
      if (known !== -1) return known;
      const slot = this.#freeOrIdlest(subject);
      const at = this.#at(slot);
      for (let word = USED_AT; word < WORDS; word++) Atomics.store(this.#words, at + word, 0n);
      Atomics.store(this.#words, at + SUBJECT, subject);
      return slot;
    } finally {
      Atomics.store(this.#words, LOCK, 0n);
    }
  }

  #freeOrIdlest(subject: bigint): number {
    let idlest = -1;
    let usedAt = 0n;
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = this.#nth(subject, probe);
      const at = this.#at(slot);
      if (Atomics.load(this.#words, at + SUBJECT) === 0n) return slot;
      const used = Atomics.load(this.#words, at + USED_AT);
      if (idlest !== -1 && used >= usedAt) continue;
      idlest = slot;
      usedAt = used;
    }
    return idlest;
  }

  #lock(): void {
    for (let spins = 0; spins < SPINS_MAX; spins++) {
      if (Atomics.compareExchange(this.#words, LOCK, 0n, 1n) === 0n) return;
    }
    throw new Error('the lock of the meters is held for ever');
  }
}
