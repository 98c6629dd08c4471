import { timingSafeEqual } from 'node:crypto';
import type { Account } from '../../src/access/account.ts';
import { digestOf, keyIdOf, type StoredKey } from '../../src/access/key.ts';

/** Everything a collector has to know of accounts and keys; bounded by `ACCOUNTS_MAX` and `KEYS_MAX`. */
export interface AccessSnapshot {
  readonly accounts: readonly Account[];
  /** Only those that are not revoked. */
  readonly keys: readonly StoredKey[];
  /** Whether events must be for one of the accounts: there are some, or they are read from elsewhere. */
  readonly accountsDefined: boolean;
  /** Whether they are known: those of another database may never have been read. */
  readonly accountsReady: boolean;
}

/** What has changed; what is left out has not. */
export interface AccessChange {
  readonly accounts?: readonly Account[];
  readonly accountsRemoved?: readonly string[];
  readonly keys?: readonly StoredKey[];
  readonly accountsDefined?: boolean;
  readonly accountsReady?: boolean;
}

/**
 * A collector's copy of accounts and keys: looked at for each event, changed by messages of the main thread.
 *
 * Always true: a key is found by its id and believed only when the digest of its whole text is the stored one, compared
 * in constant time. What is taken away is gone for the next event, also of connections that are open.
 */
export class AccessBook {
  readonly #accounts: Map<string, Account>;
  #keys: Map<string, StoredKey>;
  #accountsDefined: boolean;
  #accountsReady: boolean;
  #used = new Map<string, number>();

  constructor({ accounts, keys, accountsDefined, accountsReady }: AccessSnapshot) {
    this.#accounts = new Map(accounts.map((account) => [account.id, account]));
    this.#keys = byId(keys);
    this.#accountsDefined = accountsDefined;
    this.#accountsReady = accountsReady;
  }

  /** Whether it is known which accounts there are. */
  get accountsReady(): boolean {
    return this.#accountsReady;
  }

  get accountsDefined(): boolean {
    return this.#accountsDefined;
  }

  apply({ accounts = [], accountsRemoved = [], keys, accountsDefined, accountsReady }: AccessChange): void {
    for (const id of accountsRemoved) this.#accounts.delete(id);
    for (const account of accounts) this.#accounts.set(account.id, account);
    if (keys !== undefined) this.#keys = byId(keys);
    if (accountsDefined !== undefined) this.#accountsDefined = accountsDefined;
    if (accountsReady !== undefined) this.#accountsReady = accountsReady;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  /** The key that this text is, when it is good at `now`; notes its use. */
  key(text: string, now: number): StoredKey | undefined {
    const id = keyIdOf(text);
    const key = id === undefined ? undefined : this.#keys.get(id);
    if (key === undefined) return undefined;
    const isRight = timingSafeEqual(Buffer.from(digestOf(text), 'hex'), Buffer.from(key.digest, 'hex'));
    if (!isRight || isExpired(key, now)) return undefined;
    this.#used.set(key.id, now);
    return key;
  }

  /** Whether a key that was good still is. */
  isLive(id: string, now: number): boolean {
    const key = this.#keys.get(id);
    return key !== undefined && !isExpired(key, now);
  }

  /** When keys were used since the last call. */
  takeUsed(): ReadonlyMap<string, number> {
    const used = this.#used;
    if (used.size > 0) this.#used = new Map();
    return used;
  }
}

function isExpired({ expiresAt }: StoredKey, now: number): boolean {
  return expiresAt !== null && now >= expiresAt;
}

function byId(keys: readonly StoredKey[]): Map<string, StoredKey> {
  return new Map(keys.map((key) => [key.id, key]));
}
