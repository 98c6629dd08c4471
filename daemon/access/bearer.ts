import { type Limits, NO_LIMITS } from '../../src/access/account.ts';
import type { Credential } from '../../src/access/routes.ts';

/** Who a request is from, as far as it proved that. */
export interface Bearer {
  /** What it proved to be; a token may be several. */
  readonly credentials: readonly Credential[];
  /** Id of the key; empty for tokens and for nobody. */
  readonly keyId: string;
  /** Accounts it is for; all when it is empty. */
  readonly accounts: ReadonlySet<string>;
  readonly limits: Limits;
  /** When it ends, milliseconds since the epoch. */
  readonly expiresAt: number;
}

export const NOBODY: Bearer = {
  credentials: ['none'],
  keyId: '',
  accounts: new Set(),
  limits: NO_LIMITS,
  expiresAt: Number.POSITIVE_INFINITY,
};
