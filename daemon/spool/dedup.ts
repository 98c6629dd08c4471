import { inPieces } from './pieces.ts';

/**
 * The window of client-given event ids.
 *
 * Promises: of two events with the same key inside the window, the second is called a duplicate, also across a crash.
 * Always true: a key is in `recent` (its segment is being written, or its keys are on their way to the store) or in the
 * store, and the store takes the keys of a lane's segments in their order. Memory is bounded by the keys of the active segment and
 * those sealed since the last `persist`. When the store cannot be written (disk full) keys stay in `recent` up to
 * `RECENT_KEYS_MAX` and are stored later; beyond it the oldest segments' are let go and counted, because events must flow.
 * When the process dies, keys not yet stored are read again from the segments that are still there.
 */
export interface KeyStore extends LaneKeys {
  known(key: string): boolean;
  prune(seenBefore: number, keep: number, rowsMax: number): number;
}

/** Where the keys of one lane's segments go: into the one store, with a note of how far that lane has come. */
export interface LaneKeys {
  remember(keys: readonly string[], seenAt: number, through?: string): void;
}

export interface DedupLimits {
  readonly windowMs: number;
  readonly rowsMax: number;
  /** Keys kept in memory while the store cannot be written; `RECENT_KEYS_MAX` unless given. */
  readonly recentMax?: number;
}

const RECENT_KEYS_MAX = 1_000_000;
/** Keys written or removed in one transaction: a piece, of under a millisecond. */
const KEYS_PER_TRANSACTION = 100;
/** More go than come, or a window that was made smaller would never be reached. */
const PRUNED_PER_KEY = 2;

export class Dedup {
  /** Keys that were let go although inside the window. */
  forgotten = 0;
  readonly #recent = new Set<string>();
  /** Sealed segments whose keys are not all stored, the oldest first. */
  readonly #unstored: { readonly lane: LaneKeys; readonly segment: string; readonly keys: readonly string[] }[] = [];
  readonly #store: KeyStore;
  readonly #limits: DedupLimits;
  readonly #now: () => number;

  constructor(store: KeyStore, limits: DedupLimits, now: () => number) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether the key is new; it is known from now on. Undo with `release` when its event was not committed after all. */
  claim(key: string): boolean {
    if (this.#recent.has(key) || this.#store.known(key)) return false;
    this.#recent.add(key);
    return true;
  }

  release(keys: readonly string[]): void {
    for (const key of keys) this.#recent.delete(key);
  }

  /**
   * Moves the keys of a sealed segment, and of those before it that could not be moved, into the store: a piece at a time
   * so that commits go on between. Throws what the store throws; the keys then stay in memory. One at a time. `lane`: whose
   * segment it is, where there are several.
   */
  async persist(segment: string, keys: readonly string[], lane: LaneKeys = this.#store): Promise<void> {
    if (keys.length === 0) return;
    this.#unstored.push({ lane, segment, keys });
    try {
      for (let first = this.#unstored[0]; first !== undefined; first = this.#unstored[0]) {
        await inPieces(this.#move(first.lane, first.segment, first.keys));
        this.#unstored.shift();
      }
    } finally {
      this.#boundRecent();
    }
    await inPieces(this.#prune(keys.length * PRUNED_PER_KEY));
  }

  *#prune(keysMax: number): Generator<void, void> {
    const { windowMs, rowsMax } = this.#limits;
    for (let left = keysMax; left > 0; left -= KEYS_PER_TRANSACTION) {
      const most = Math.min(left, KEYS_PER_TRANSACTION);
      if (this.#store.prune(this.#now() - windowMs, rowsMax, most) < most) return;
      yield;
    }
  }

  *#move(lane: LaneKeys, segment: string, keys: readonly string[]): Generator<void, void> {
    for (let from = 0; from < keys.length; from += KEYS_PER_TRANSACTION) {
      const piece = keys.slice(from, from + KEYS_PER_TRANSACTION);
      const last = from + KEYS_PER_TRANSACTION >= keys.length;
      lane.remember(piece, this.#now(), last ? segment : undefined);
      this.release(piece);
      yield;
    }
  }

  #boundRecent(): void {
    const max = this.#limits.recentMax ?? RECENT_KEYS_MAX;
    while (this.#recent.size > max) {
      const oldest = this.#unstored.shift();
      if (oldest === undefined) return;
      this.release(oldest.keys);
      this.forgotten += oldest.keys.length;
    }
  }
}
