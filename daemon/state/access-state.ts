import { type Account, accountSchema } from '../../src/access/account.ts';
import type { DrawnKey, KeyKind, NewKey, StoredKey } from '../../src/access/key.ts';
import type { AuditEntry } from '../../src/control/access.ts';
import type { StateDatabase } from './database.ts';

const AUDIT_ROWS_MAX = 100_000;

export type AccountSource = 'here' | 'postgres';

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly active: number;
  readonly origins: string;
  readonly limits: string;
  readonly retention_days: number | null;
}

interface KeyRow {
  readonly id: string;
  readonly kind: KeyKind;
  readonly name: string;
  readonly digest: string;
  readonly accounts: string;
  readonly limits: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
  readonly replaced_by: string | null;
}

/** Accounts, keys and the audit log in `state.db`. `audited` makes a change and its line in the log one transaction. */
export class AccessState {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  accounts(source: AccountSource): Account[] {
    const rows = this.#db.prepare('SELECT * FROM accounts WHERE source = ? ORDER BY id').all(source) as AccountRow[];
    return rows.map((row) =>
      accountSchema.parse({
        id: row.id,
        name: row.name,
        active: row.active === 1,
        origins: JSON.parse(row.origins),
        limits: JSON.parse(row.limits),
        retentionDays: row.retention_days,
      }),
    );
  }

  /** Adds accounts, or puts them in the place of those with the same ids. */
  putAccounts(source: AccountSource, accounts: Iterable<Account>, now: number): void {
    const put = this.#db.prepare(
      `INSERT INTO accounts (id, source, name, active, origins, limits, retention_days, created_at, updated_at)
       VALUES (@id, @source, @name, @active, @origins, @limits, @retentionDays, @now, @now)
       ON CONFLICT (source, id) DO UPDATE SET name = @name, active = @active, origins = @origins,
         limits = @limits, retention_days = @retentionDays, updated_at = @now`,
    );
    this.#db.transaction(() => {
      for (const account of accounts) {
        put.run({
          ...account,
          source,
          active: account.active ? 1 : 0,
          origins: JSON.stringify(account.origins),
          limits: JSON.stringify(account.limits),
          now,
        });
      }
    })();
  }

  removeAccounts(source: AccountSource, ids: Iterable<string>): void {
    const remove = this.#db.prepare('DELETE FROM accounts WHERE source = ? AND id = ?');
    this.#db.transaction(() => {
      for (const id of ids) remove.run(source, id);
    })();
  }

  /** Revoked and expired ones too, oldest first. */
  keys(): StoredKey[] {
    const rows = this.#db.prepare('SELECT * FROM keys ORDER BY created_at, id').all() as KeyRow[];
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      name: row.name,
      digest: row.digest,
      accounts: JSON.parse(row.accounts),
      limits: JSON.parse(row.limits),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      lastUsedAt: row.last_used_at,
      replacedBy: row.replaced_by,
    }));
  }

  addKey({ id, digest }: DrawnKey, { kind, name, accounts, limits, expiresAt }: NewKey, now: number): void {
    this.#db
      .prepare(
        `INSERT INTO keys (id, kind, name, digest, accounts, limits, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(id, kind, name, digest, JSON.stringify(accounts), JSON.stringify(limits), now, expiresAt);
  }

  revokeKey(id: string, now: number): void {
    this.#db.prepare('UPDATE keys SET revoked_at = ? WHERE id = ?').run(now, id);
  }

  /** Its successor is there; it is good until `expiresAt` at the longest. */
  replaceKey(id: string, by: string, expiresAt: number): void {
    this.#db
      .prepare('UPDATE keys SET replaced_by = ?, expires_at = min(ifnull(expires_at, @at), @at) WHERE id = ?')
      .run({ at: expiresAt }, by, id);
  }

  /** When keys were last used: the later of what is known and what is said. */
  keysUsed(used: ReadonlyMap<string, number>): void {
    const note = this.#db.prepare('UPDATE keys SET last_used_at = max(ifnull(last_used_at, 0), ?) WHERE id = ?');
    this.#db.transaction(() => {
      for (const [id, at] of used) note.run(at, id);
    })();
  }

  /** Makes a change and writes it down, both or neither. */
  audited(entry: Omit<AuditEntry, 'id' | 'at'> & { readonly at: number }, change: () => void): void {
    this.#db.transaction(() => {
      change();
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)')
        .run(entry.at, entry.actor, entry.action, entry.subject, JSON.stringify(entry.detail));
      this.#db.prepare('DELETE FROM audit WHERE id <= ?').run(Number(lastInsertRowid) - AUDIT_ROWS_MAX);
    })();
  }

  /** The newest first. */
  audit(rowsMax: number): AuditEntry[] {
    const rows = this.#db.prepare('SELECT * FROM audit ORDER BY id DESC LIMIT ?').all(rowsMax) as (Omit<
      AuditEntry,
      'at' | 'detail'
    > & { at: number; detail: string })[];
    return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString(), detail: JSON.parse(row.detail) }));
  }

  /** Events and bytes of one day by subject. */
  usage(day: number): { subject: bigint; events: number; bytes: number }[] {
    return this.#db
      .prepare('SELECT subject, events, bytes FROM daily_usage WHERE day = ?')
      .safeIntegers(true)
      .all(day)
      .map((row) => {
        const { subject, events, bytes } = row as { subject: bigint; events: bigint; bytes: bigint };
        return { subject, events: Number(events), bytes: Number(bytes) };
      });
  }

  /** Keeps what was used of a day, and forgets the days before. */
  saveUsage(day: number, used: readonly { subject: bigint; events: number; bytes: number }[]): void {
    const save = this.#db.prepare(
      'INSERT OR REPLACE INTO daily_usage (day, subject, events, bytes) VALUES (?, ?, ?, ?)',
    );
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM daily_usage WHERE day < ?').run(day);
      for (const { subject, events, bytes } of used) save.run(day, subject, events, bytes);
    })();
  }
}
