import { AccessBook } from '../../../daemon/access/book.ts';
import { Gatekeeper, type GatekeeperOptions } from '../../../daemon/access/gatekeeper.ts';
import { allocateMeterMemory, Meters } from '../../../daemon/access/limits/meters.ts';
import { Toll } from '../../../daemon/access/limits/toll.ts';
import { type Account, accountSchema, type Limits, limitsSchema, NO_LIMITS } from '../../../src/access/account.ts';
import { drawKey, type KeyKind, type StoredKey } from '../../../src/access/key.ts';
import type { Need } from '../../../src/access/routes.ts';

export interface MadeKey {
  readonly text: string;
  readonly stored: StoredKey;
}

/** A key that is good for ever and for all accounts, with changes. */
export function makeKey(kind: KeyKind, changes: Partial<StoredKey> = {}): MadeKey {
  const { id, digest, text } = drawKey(kind);
  const stored: StoredKey = {
    id,
    digest,
    kind,
    name: '',
    accounts: [],
    limits: NO_LIMITS,
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    replacedBy: null,
    ...changes,
  };
  return { text, stored };
}

export function makeAccount(id: string, changes: object = {}): Account {
  return accountSchema.parse({ id, ...changes });
}

export interface GateOptions {
  readonly accounts?: readonly Account[];
  readonly keys?: readonly MadeKey[];
  /** What needs no key besides nothing. */
  readonly open?: readonly Need[];
  readonly addressLimits?: Partial<Limits>;
  readonly accountLimits?: Partial<Limits>;
  readonly readToken?: GatekeeperOptions['readToken'];
  readonly addressOf?: GatekeeperOptions['addressOf'];
  readonly now?: () => number;
}

/** A gatekeeper with a book of its own. */
export function openGate(options: GateOptions = {}): { readonly gatekeeper: Gatekeeper; readonly book: AccessBook } {
  const { accounts = [], keys = [], open = [], now = () => 1_700_000_000_000 } = options;
  const book = new AccessBook({
    accounts,
    keys: keys.map(({ stored }) => stored),
    accountsDefined: accounts.length > 0,
    accountsReady: true,
  });
  const meters = new Meters({ memory: allocateMeterMemory(), now, clock: () => 10n ** 15n, salt: () => 'salt' });
  const toll = new Toll({
    meters,
    book,
    address: limitsSchema.parse(options.addressLimits ?? {}),
    account: limitsSchema.parse(options.accountLimits ?? {}),
  });
  const gatekeeper = new Gatekeeper({
    book,
    toll,
    addressOf: options.addressOf ?? ((ip) => ({ ip })),
    openNeeds: new Set<Need>(['nothing', ...open]),
    readToken: options.readToken ?? null,
    now,
  });
  return { gatekeeper, book };
}
