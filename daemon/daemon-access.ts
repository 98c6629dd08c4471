import type { Config } from '../src/config/schema.ts';
import { AccountRegistry } from './access/account-registry.ts';
import type { AccessChange, AccessSnapshot } from './access/book.ts';
import { KeyRegistry } from './access/key-registry.ts';
import { allocateMeterMemory, type MeterMemory, Meters } from './access/limits/meters.ts';
import { keepUsage } from './access/limits/usage-keeper.ts';
import { PostgresAccounts } from './access/postgres-accounts.ts';
import type { AccessHandlers } from './control/access.ts';
import type { Closers } from './lifecycle.ts';
import type { Log } from './log.ts';
import { AccessState } from './state/access-state.ts';
import type { StateDatabase } from './state/database.ts';

const ACTOR = 'control socket';
const DAY_MS = 86_400_000;

export interface Access {
  readonly accounts: AccountRegistry;
  readonly keys: KeyRegistry;
  readonly handlers: AccessHandlers;
  readonly meters: MeterMemory;
  snapshot(): AccessSnapshot;
}

export interface AccessParts {
  readonly config: Config['access'];
  readonly db: StateDatabase;
  readonly closers: Closers;
  readonly log: Log;
  readonly now: () => number;
  /** To every collector. */
  readonly send: (change: AccessChange) => void;
}

/** Accounts, keys and limits of an instance, and what the control socket may do with them. */
export function openAccess({ config, db, closers, log, now, send }: AccessParts): Access {
  const state = new AccessState(db);
  const accounts = new AccountRegistry({
    state,
    source: config.accountsFrom === '' ? 'here' : 'postgres',
    now,
    onChange: send,
  });
  const keys = new KeyRegistry({ state, now, onChange: send });
  const memory = allocateMeterMemory();
  // The main thread counts nothing itself: it needs no salt.
  const meters = new Meters({ memory, now, clock: () => process.hrtime.bigint(), salt: () => '' });
  const onError = (error: unknown) => log.write('error', 'state', 'state_failed', { error: String(error) });
  if (config.accountsFrom !== '') {
    const mirror = new PostgresAccounts({
      url: config.accountsFrom,
      passwordFile: config.accountsPasswordFile,
      table: config.accountsTable,
      refreshMs: config.accountsRefreshMs,
      onAccounts: (found, bad) => {
        const { put, removed } = accounts.mirror(found);
        if (put + removed > 0) log.write('info', 'state', 'accounts_read', { found: found.length, put, removed, bad });
      },
      onAway: (error) => log.write('warn', 'state', 'accounts_away', { error: String(error) }),
    });
    closers.push('accounts', () => mirror.close());
  }
  closers.push('usage', keepUsage(meters, state, Math.floor(now() / DAY_MS), onError));
  return {
    accounts,
    keys,
    meters: memory,
    snapshot: () => ({
      accounts: accounts.all(),
      keys: keys.live(),
      accountsDefined: accounts.defined,
      accountsReady: accounts.ready,
    }),
    handlers: {
      accounts: () => accounts.list(),
      account: (id) => accounts.show(id),
      addAccount: (wish) => accounts.add(wish, ACTOR),
      changeAccount: (id, patch) => accounts.change(id, patch, ACTOR),
      removeAccount: (id) => accounts.remove(id, ACTOR),
      importAccounts: (wishes) => accounts.importAll(wishes, ACTOR),
      keys: () => keys.list(),
      createKey: (wish) => keys.create(wish, ACTOR),
      rotateKey: (id, overlapMs) => keys.rotate(id, overlapMs, ACTOR),
      revokeKey: (id) => keys.revoke(id, ACTOR),
      audit: (rowsMax) => state.audit(rowsMax),
    },
  };
}
