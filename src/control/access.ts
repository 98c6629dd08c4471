import type { Account } from '../access/account.ts';
import type { KeyKind, KeyRecord } from '../access/key.ts';

/** What the control socket says about accounts and keys; the routes are in `protocol.ts`. Times are ISO 8601, UTC. */
export interface AccountList {
  readonly accounts: readonly Account[];
  /** Where they are kept: `here`, or the table of `access.accountsFrom`. */
  readonly source: 'here' | 'postgres';
}

export interface AccountChange {
  readonly account: Account;
  readonly changed: boolean;
}

export interface AccountsImported {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

export interface KeyReport extends Omit<KeyRecord, 'createdAt' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'> {
  readonly state: 'active' | 'expired' | 'revoked';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface KeyList {
  readonly keys: readonly KeyReport[];
}

/** The answer that makes a key: the only time its text is told. */
export interface KeyMade {
  readonly key: string;
  readonly record: KeyReport;
  /** Of a rotation: what it took the place of, and until when that is good. */
  readonly replaces: KeyReport | null;
}

export interface KeyRevoked {
  readonly record: KeyReport;
  readonly changed: boolean;
}

/** What a new key is asked for with. */
export interface KeyWish {
  readonly kind: KeyKind;
  readonly name?: string | undefined;
  readonly accounts?: readonly string[] | undefined;
  readonly limits?: object | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number | null | undefined;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  /** Who: `control socket`, or the key that was used. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: unknown;
}
