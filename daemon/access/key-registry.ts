import { drawKey, KEYS_MAX, type KeyRecord, newKeySchema, type StoredKey } from '../../src/access/key.ts';
import type { KeyList, KeyMade, KeyReport, KeyRevoked, KeyWish } from '../../src/control/access.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import type { AccessState } from '../state/access-state.ts';
import type { AccessChange } from './book.ts';
import { checked } from './checked.ts';

export interface KeyRegistryOptions {
  readonly state: AccessState;
  readonly now: () => number;
  /** Called after each change, which is on disk by then. */
  readonly onChange: (change: AccessChange) => void;
}

/**
 * The keys, in the main thread: the only place that makes and ends them.
 *
 * Promises: a change is in `state.db` with its line in the audit log before `onChange` hears of it. The text of a key is
 * in the answer that makes it and nowhere else. Everything throws TF_INPUT for what may not be, with field and value.
 */
export class KeyRegistry {
  readonly #options: KeyRegistryOptions;
  readonly #keys: Map<string, StoredKey>;

  constructor(options: KeyRegistryOptions) {
    this.#options = options;
    this.#keys = new Map(options.state.keys().map((key) => [key.id, key]));
  }

  /** Those that are good now. */
  live(): readonly StoredKey[] {
    return [...this.#keys.values()].filter((key) => this.#stateOf(key) === 'active');
  }

  list(): KeyList {
    return { keys: [...this.#keys.values()].map((key) => this.#report(key)) };
  }

  create(wish: KeyWish, actor: string): KeyMade {
    const key = this.#makeKey(checked(newKeySchema, wish, 'key'), actor, 'key.create');
    return { key: key.text, record: this.#report(key.record), replaces: null };
  }

  /** Makes a key like this one, which stays good for `overlapMs`. */
  rotate(id: string, overlapMs: number, actor: string): KeyMade {
    const { state, now } = this.#options;
    const old = this.#key(id);
    if (this.#stateOf(old) !== 'active' || old.replacedBy !== null) {
      const why = old.replacedBy === null ? this.#stateOf(old) : `replaced by ${old.replacedBy}`;
      throw new TrackflowError('TF_INPUT', `key ${id} is ${why}: only an active one can be rotated`, {
        hints: ['trackflow keys list', 'trackflow keys create'],
      });
    }
    const { kind, name, accounts, limits } = old;
    const lifeMs = old.expiresAt === null ? null : old.expiresAt - old.createdAt;
    const expiresAt = lifeMs === null ? null : now() + lifeMs;
    const until = now() + overlapMs;
    const made = this.#makeKey({ kind, name, accounts: [...accounts], limits, expiresAt }, actor, 'key.rotate', (by) =>
      state.replaceKey(id, by, until),
    );
    const ended = Math.min(old.expiresAt ?? until, until);
    const replaced = { ...old, replacedBy: made.record.id, expiresAt: ended };
    this.#keys.set(id, replaced);
    this.#options.onChange({ keys: this.live() });
    return { key: made.text, record: this.#report(made.record), replaces: this.#report(replaced) };
  }

  revoke(id: string, actor: string): KeyRevoked {
    const { state, now } = this.#options;
    const key = this.#key(id);
    if (key.revokedAt !== null) return { record: this.#report(key), changed: false };
    const at = now();
    state.audited({ at, actor, action: 'key.revoke', subject: id, detail: {} }, () => state.revokeKey(id, at));
    const revoked = { ...key, revokedAt: at };
    this.#keys.set(id, revoked);
    this.#options.onChange({ keys: this.live() });
    return { record: this.#report(revoked), changed: true };
  }

  /** Notes when keys were used. */
  used(used: ReadonlyMap<string, number>): void {
    this.#options.state.keysUsed(used);
    for (const [id, at] of used) {
      const key = this.#keys.get(id);
      if (key !== undefined && (key.lastUsedAt ?? 0) < at) this.#keys.set(id, { ...key, lastUsedAt: at });
    }
  }

  #makeKey(wish: ReturnType<typeof newKeySchema.parse>, actor: string, action: string, also?: (id: string) => void) {
    const { state, now } = this.#options;
    const live = this.live().length;
    if (live >= KEYS_MAX) throw new TrackflowError('TF_INPUT', `there are ${live} keys; at most ${KEYS_MAX} can be`);
    const at = now();
    if (wish.expiresAt !== null && wish.expiresAt <= at) {
      const given = new Date(wish.expiresAt).toISOString();
      throw new TrackflowError('TF_INPUT', `expiresAt is ${given}; allowed: a time to come`);
    }
    const drawn = drawKey(wish.kind);
    const detail = { kind: wish.kind, name: wish.name, accounts: wish.accounts, expiresAt: wish.expiresAt };
    state.audited({ at, actor, action, subject: drawn.id, detail }, () => {
      state.addKey(drawn, wish, at);
      also?.(drawn.id);
    });
    const { id, digest, text } = drawn;
    const record: StoredKey = {
      ...wish,
      id,
      digest,
      createdAt: at,
      revokedAt: null,
      lastUsedAt: null,
      replacedBy: null,
    };
    this.#keys.set(id, record);
    this.#options.onChange({ keys: this.live() });
    return { text, record };
  }

  #key(id: string): StoredKey {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    throw new TrackflowError('TF_INPUT', `there is no key ${JSON.stringify(id)}; give the id, not the key itself`, {
      hints: ['trackflow keys list'],
    });
  }

  #stateOf({ revokedAt, expiresAt }: KeyRecord): KeyReport['state'] {
    if (revokedAt !== null) return 'revoked';
    return expiresAt !== null && expiresAt <= this.#options.now() ? 'expired' : 'active';
  }

  #report(key: StoredKey): KeyReport {
    const { digest: _, ...record } = key;
    const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
    return {
      ...record,
      state: this.#stateOf(key),
      createdAt: new Date(key.createdAt).toISOString(),
      expiresAt: time(key.expiresAt),
      revokedAt: time(key.revokedAt),
      lastUsedAt: time(key.lastUsedAt),
    };
  }
}
