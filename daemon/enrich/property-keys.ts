/**
 * The distinct property keys of each account, so that no sender can make columns without end (ClickHouse keeps one per
 * key of a JSON column; thousands slow every merge).
 *
 * Promise: an account gets `keysPerAccountMax` keys, first come, first served; leaves under any further key are kept as
 * text in the one property `_overflow`. A key once admitted stays admitted.
 *
 * Always true: at most `accountsMax` accounts are told apart, and `keysMax` keys are held in all. Full: accounts that come
 * later share one allowance; when `keysMax` is reached, new keys of all accounts overflow and nothing is lost.
 *
 * Each thread has its own registry. What one admits it reports (`onLearned`), main keeps it and tells the others (`learn`).
 * Two threads that admit different keys at the same moment can pass the limit of an account by what was on its way.
 * A thread that dies loses nothing: its successor is loaded with what main kept.
 */
import type { Event } from '../../src/event/event.ts';
import { EVENT_LIMITS } from '../../src/event/limits.ts';
import type { PropertyLeaves } from '../road.ts';

/** Keys held in all: with 128 bytes each about 50 MB, which only an attack fills. */
const KEYS_MAX = 200_000;
/** The account under which the allowance of surplus accounts is kept. No sender can name it: NUL never gets past validate. */
const SHARED_ACCOUNT = '\0';
const OVERFLOW_KEY = '_overflow';

export interface PropertyKeyLimits {
  readonly keysPerAccountMax: number;
  readonly accountsMax?: number;
  readonly keysMax?: number;
}

export class PropertyKeys {
  readonly #accounts = new Map<string, Set<string>>();
  readonly #onLearned: (account: string, key: string) => void;
  readonly #keysPerAccountMax: number;
  readonly #accountsMax: number;
  readonly #keysMax: number;
  #size = 0;

  /** `onLearned` is called once for each key that this registry admits itself. */
  constructor(limits: PropertyKeyLimits, onLearned: (account: string, key: string) => void) {
    this.#onLearned = onLearned;
    this.#keysPerAccountMax = limits.keysPerAccountMax;
    this.#accountsMax = limits.accountsMax ?? EVENT_LIMITS.propertyAccountsMax;
    this.#keysMax = limits.keysMax ?? KEYS_MAX;
  }

  /** Keys held, of all accounts. */
  get size(): number {
    return this.#size;
  }

  /** Takes what main kept, at the start. */
  load(entries: Iterable<readonly [account: string, key: string]>): void {
    for (const [account, key] of entries) this.learn(account, key);
  }

  /** Takes a key that another thread admitted. The account's limit was checked there; only the limit of all holds here. */
  learn(account: string, key: string): void {
    const keys = this.#keysOf(account);
    if (keys.has(key) || this.#size >= this.#keysMax) return;
    keys.add(key);
    this.#size++;
  }

  /** Moves the leaves of an event whose keys are not admitted into `_overflow`. Returns whether there were any. */
  bound(event: Event, leaves: PropertyLeaves): boolean {
    if (leaves.count === 0) return false;
    const keys = this.#keysOf(event.account);
    let surplus: Set<number> | undefined;
    for (let index = 0; index < leaves.count; index++) {
      if (this.#admit(event.account, keys, leaves.paths[index]!)) continue;
      surplus ??= new Set();
      surplus.add(index);
    }
    for (let index = 0; index < leaves.nestedCount; index++) {
      const leaf = leaves.nestedLeaf[index]!;
      if (surplus?.has(leaf) || this.#admit(event.account, keys, leaves.nested[index]!)) continue;
      surplus ??= new Set();
      surplus.add(leaf);
    }
    if (surplus === undefined) return false;
    event.properties = withOverflow(leaves, surplus);
    return true;
  }

  #admit(account: string, keys: Set<string>, key: string): boolean {
    if (keys.has(key)) return true;
    if (key === OVERFLOW_KEY || keys.size >= this.#keysPerAccountMax || this.#size >= this.#keysMax) return false;
    keys.add(key);
    this.#size++;
    this.#onLearned(account, key);
    return true;
  }

  #keysOf(account: string): Set<string> {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const name = this.#accounts.size < this.#accountsMax ? account : SHARED_ACCOUNT;
    let keys = this.#accounts.get(name);
    if (keys === undefined) {
      keys = new Set();
      this.#accounts.set(name, keys);
    }
    return keys;
  }
}

/** The leaves without the surplus ones, which become the JSON text of an object under `_overflow`. */
function withOverflow(leaves: PropertyLeaves, surplus: ReadonlySet<number>): string {
  let kept = '';
  let moved = '';
  for (let index = 0; index < leaves.count; index++) {
    const member = `${JSON.stringify(leaves.paths[index])}:${leaves.values[index]}`;
    if (surplus.has(index)) moved += moved === '' ? member : `,${member}`;
    else kept += `${member},`;
  }
  return `{${kept}"${OVERFLOW_KEY}":${JSON.stringify(`{${moved}}`)}}`;
}
