import { ACCOUNTS_MAX, type Account, accountSchema } from '../../src/access/account.ts';
import type { AccountChange, AccountList, AccountsImported } from '../../src/control/access.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import type { AccessState, AccountSource } from '../state/access-state.ts';
import type { AccessChange } from './book.ts';
import { checked } from './checked.ts';

export interface AccountRegistryOptions {
  readonly state: AccessState;
  /** Where accounts are kept; those of another database are only looked at here. */
  readonly source: AccountSource;
  readonly now: () => number;
  /** Called after each change, which is on disk by then. */
  readonly onChange: (change: AccessChange) => void;
}

/**
 * The accounts, in the main thread: the only place that changes them.
 *
 * Promises: a change is in `state.db` with its line in the audit log before `onChange` hears of it. Everything throws
 * TF_INPUT for what may not be, with field and value.
 */
export class AccountRegistry {
  readonly #options: AccountRegistryOptions;
  readonly #accounts: Map<string, Account>;
  #mirrored = false;

  constructor(options: AccountRegistryOptions) {
    this.#options = options;
    this.#accounts = new Map(options.state.accounts(options.source).map((account) => [account.id, account]));
  }

  /** Whether events must be for one of these: there are some, or they are read from elsewhere. */
  get defined(): boolean {
    return this.#options.source === 'postgres' || this.#accounts.size > 0;
  }

  /** Whether it is known which there are. */
  get ready(): boolean {
    return this.#options.source === 'here' || this.#mirrored || this.#accounts.size > 0;
  }

  all(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  /** Accounts with a retention of their own, in days. */
  retentions(): { readonly account: string; readonly days: number }[] {
    return [...this.#accounts.values()].flatMap(({ id, retentionDays }) =>
      retentionDays === null ? [] : [{ account: id, days: retentionDays }],
    );
  }

  list(): AccountList {
    return { accounts: [...this.#accounts.values()].sort(byId), source: this.#options.source };
  }

  show(id: string): Account {
    const account = this.#accounts.get(id);
    if (account !== undefined) return account;
    throw new TrackflowError('TF_INPUT', `there is no account ${JSON.stringify(id)}`, {
      hints: ['trackflow accounts list', `trackflow accounts add ${id}`],
    });
  }

  add(wish: unknown, actor: string): AccountChange {
    const account = checked(accountSchema, wish, 'account');
    if (this.#accounts.has(account.id)) {
      throw new TrackflowError('TF_INPUT', `account ${JSON.stringify(account.id)} is there already`, {
        hints: [`trackflow accounts show ${account.id}`],
      });
    }
    this.#put([account], actor, 'account.add', account.id);
    return { account, changed: true };
  }

  /** Changes what `patch` names of an account. */
  change(id: string, patch: object, actor: string): AccountChange {
    const before = this.show(id);
    const account = checked(accountSchema, { ...before, ...patch, id }, 'account');
    if (JSON.stringify(account) === JSON.stringify(before)) return { account: before, changed: false };
    this.#put([account], actor, 'account.change', id);
    return { account, changed: true };
  }

  remove(id: string, actor: string): AccountChange {
    const account = this.show(id);
    const { state, source, now } = this.#options;
    this.#mustBeHere();
    const entry = { at: now(), actor, action: 'account.remove', subject: id, detail: account };
    state.audited(entry, () => state.removeAccounts(source, [id]));
    this.#accounts.delete(id);
    this.#changed({ accountsRemoved: [id] });
    return { account, changed: true };
  }

  /** Adds or changes many at once, all or none. */
  importAll(wishes: readonly unknown[], actor: string): AccountsImported {
    const accounts = wishes.map((wish, index) => checked(accountSchema, wish, `account ${index + 1}`));
    const differing = accounts.filter(
      (account) => JSON.stringify(this.#accounts.get(account.id)) !== JSON.stringify(account),
    );
    const added = differing.filter(({ id }) => !this.#accounts.has(id)).length;
    if (differing.length > 0) this.#put(differing, actor, 'account.import', `${differing.length} accounts`);
    return { added, changed: differing.length - added, unchanged: accounts.length - differing.length };
  }

  /** Takes over what another database holds now: the whole of it. Returns what has changed. */
  mirror(found: readonly Account[]): { readonly put: number; readonly removed: number } {
    const { state, source, now } = this.#options;
    const ids = new Set(found.map(({ id }) => id));
    const removed = [...this.#accounts.keys()].filter((id) => !ids.has(id));
    const put = found.filter((account) => JSON.stringify(this.#accounts.get(account.id)) !== JSON.stringify(account));
    const isFirst = !this.#mirrored;
    this.#mirrored = true;
    if (put.length === 0 && removed.length === 0 && !isFirst) return { put: 0, removed: 0 };
    state.putAccounts(source, put, now());
    state.removeAccounts(source, removed);
    for (const id of removed) this.#accounts.delete(id);
    for (const account of put) this.#accounts.set(account.id, account);
    this.#changed({ accounts: put, accountsRemoved: removed });
    return { put: put.length, removed: removed.length };
  }

  #put(accounts: readonly Account[], actor: string, action: string, subject: string): void {
    const { state, source, now } = this.#options;
    this.#mustBeHere();
    const all = new Set([...this.#accounts.keys(), ...accounts.map(({ id }) => id)]).size;
    if (all > ACCOUNTS_MAX) {
      throw new TrackflowError('TF_INPUT', `that would be ${all} accounts; at most ${ACCOUNTS_MAX} can be`);
    }
    const detail = accounts.length === 1 ? accounts[0] : {};
    state.audited({ at: now(), actor, action, subject, detail }, () => state.putAccounts(source, accounts, now()));
    for (const account of accounts) this.#accounts.set(account.id, account);
    this.#changed({ accounts });
  }

  #mustBeHere(): void {
    if (this.#options.source === 'here') return;
    throw new TrackflowError('TF_INPUT', 'accounts are read from another database (access.accountsFrom)', {
      hints: ['change them there: the change is seen here within access.accountsRefreshMs'],
    });
  }

  #changed(change: AccessChange): void {
    this.#options.onChange({ ...change, accountsDefined: this.defined, accountsReady: this.ready });
  }
}

function byId(a: Account, b: Account): number {
  return a.id < b.id ? -1 : 1;
}
