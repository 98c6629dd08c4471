/**
 * Sessions of visitors, in one table that all collector threads share.
 *
 * Promise: events of one visitor with no more than `idleMs` between them get one session id, in whichever thread they
 * arrive; an event that comes late still does when it lies no more than `idleMs` before the first one that arrived. The
 * id is a hash of visitor and session start.
 *
 * Always true: the table has a fixed size (about 8 MB). A visitor has one bucket of 8 slots, found by a hash with a random
 * seed, so that nobody can aim at the bucket of somebody else. A bucket is changed only under its lock.
 *
 * Full: the session of the bucket that was idle longest makes room; its visitor's next event starts a new session. Events
 * older than what the table knows of their visitor (backfill, late arrivals) get an id made of the visitor and the
 * `idleMs`-wide window they fall into, and leave the table as it is.
 *
 * A thread that dies within a lock is waited for once, about 0.1 s; then the lock is taken over. The worst that a
 * half-written slot can do is to end one session early.
 */
import { hashHigh, hashLow, mixHex } from './hash.ts';

const SLOTS_PER_BUCKET = 8;
/** Low and high half of the visitor's hash, session start and last event, both in seconds since the epoch. */
const WORDS_PER_SLOT = 4;
const BUCKETS = 65_536;
const LOCK_SPINS_MAX = 1_000;
const LOCK_NAP_MS = 1;
const LOCK_NAPS_MAX = 100;
const MS_PER_SECOND = 1_000;

const FORMAT = 0x7f5e_5501;
const HEADER_WORDS = 4;
const SEED_AT = 1;
const LOCKS_AT = HEADER_WORDS;
const SLOTS_AT = LOCKS_AT + BUCKETS;
const WORDS = SLOTS_AT + BUCKETS * SLOTS_PER_BUCKET * WORDS_PER_SLOT;
/** Fixed, unlike the table's seed: session ids have to be the same after a restart with an empty table. */
const ID_SEED = 0x7365_7373;

/** An empty table. `seed` is random; hand the result to the `Sessions` of every thread. */
export function allocateSessions(seed: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(memory);
  words[0] = FORMAT;
  words[SEED_AT] = seed;
  return memory;
}

/** The table as bytes, to keep over a restart. Slots that change meanwhile may be torn, which ends a session early. */
export function dumpSessions(memory: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(memory).slice();
}

/** Loads a dump into a table that no thread uses yet. False, and the table stays as it is, when it is no dump of ours. */
export function restoreSessions(memory: SharedArrayBuffer, dump: Uint8Array): boolean {
  if (dump.byteLength !== memory.byteLength) return false;
  if (new DataView(dump.buffer, dump.byteOffset).getInt32(0, true) !== FORMAT) return false;
  new Uint8Array(memory).set(dump);
  new Int32Array(memory).fill(0, LOCKS_AT, SLOTS_AT);
  return true;
}

export class Sessions {
  readonly #words: Int32Array;
  readonly #idleSeconds: number;
  readonly #seed: number;

  constructor(memory: SharedArrayBuffer, idleMs: number) {
    this.#words = new Int32Array(memory);
    this.#idleSeconds = Math.max(1, Math.floor(idleMs / MS_PER_SECOND));
    this.#seed = this.#words[SEED_AT]!;
  }

  /** The session of an event, 16 hexadecimal digits. `occurredAt` in milliseconds since the epoch, already plausible. */
  idOf(account: string, visitorId: string, occurredAt: number): string {
    const visitor = `${account}\0${visitorId}`;
    const low = hashLow(visitor, this.#seed);
    const high = hashHigh(visitor, this.#seed);
    const bucket = low & (BUCKETS - 1);
    const second = Math.floor(occurredAt / MS_PER_SECOND);

    this.#lock(bucket);
    const start = this.#startOf(bucket, low, high, second);
    this.#unlock(bucket);

    const idLow = hashLow(visitor, ID_SEED);
    const idHigh = hashHigh(visitor, ID_SEED);
    if (start > 0) return mixHex(idLow, idHigh, start);
    const window = Math.floor(second / this.#idleSeconds);
    return mixHex(idHigh, idLow, window); // halves swapped: a window never gets the id of a session that started then
  }

  /** Start of the session that the event belongs to, noting the event; 0 when the event is older than what is known. */
  #startOf(bucket: number, low: number, high: number, second: number): number {
    const words = this.#words;
    const first = SLOTS_AT + bucket * SLOTS_PER_BUCKET * WORDS_PER_SLOT;
    let oldest = first;
    for (let slot = 0; slot < SLOTS_PER_BUCKET; slot++) {
      const at = first + slot * WORDS_PER_SLOT;
      if (words[at] === low && words[at + 1] === high && words[at + 3] !== 0) return this.#continue(at, second);
      if (words[at + 3]! >>> 0 < words[oldest + 3]! >>> 0) oldest = at;
    }
    if (words[oldest + 3]! >>> 0 > second) return 0; // a late event does not push out a live session
    words[oldest] = low;
    words[oldest + 1] = high;
    words[oldest + 2] = second;
    words[oldest + 3] = second;
    return second;
  }

  #continue(at: number, second: number): number {
    const words = this.#words;
    const start = words[at + 2]! >>> 0;
    const last = words[at + 3]! >>> 0;
    if (second > last + this.#idleSeconds) {
      words[at + 2] = second;
      words[at + 3] = second;
      return second;
    }
    if (second < start - this.#idleSeconds) return 0;
    if (second > last) words[at + 3] = second;
    return start;
  }

  #lock(bucket: number): void {
    const lock = LOCKS_AT + bucket;
    for (let spin = 0; spin < LOCK_SPINS_MAX; spin++) {
      if (Atomics.compareExchange(this.#words, lock, 0, 1) === 0) return;
    }
    // The holder is off its core, or dead. Nobody notifies: that would cost every unlock what one waiter in a million needs.
    for (let nap = 0; nap < LOCK_NAPS_MAX; nap++) {
      Atomics.wait(this.#words, lock, 1, LOCK_NAP_MS);
      if (Atomics.compareExchange(this.#words, lock, 0, 1) === 0) return;
    }
  }

  #unlock(bucket: number): void {
    Atomics.store(this.#words, LOCKS_AT + bucket, 0);
  }
}
