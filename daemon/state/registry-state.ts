import { randomBytes } from 'node:crypto';
import type { Jurisdiction } from '../../src/registry/jurisdiction.ts';
import { LINK_LIMITS, type Link, type LinkChange } from '../../src/registry/link.ts';
import type { Consent } from '../../src/registry/registry.ts';
import type { StateDatabase } from './database.ts';

interface LinkRow {
  readonly host: string;
  readonly path: string;
  readonly account: string;
  readonly target: string;
  readonly disabled: number;
  readonly created_at: number;
  readonly changed_at: number;
}

const HASH_KEY = 'private-hash';
const HASH_KEY_BYTES = 32;

/** What the main thread keeps of links, consents and jurisdictions. Every method is one short transaction. */
export class RegistryState {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  links(): Link[] {
    return (this.#db.prepare('SELECT * FROM links ORDER BY host, path').all() as LinkRow[]).map(linkOf);
  }

  link(host: string, path: string): Link | undefined {
    const row = this.#db.prepare('SELECT * FROM links WHERE host = ? AND path = ?').get(host, path);
    return row === undefined ? undefined : linkOf(row as LinkRow);
  }

  /** Writes a link as it is from now on, and what changed, the oldest first. Changes beyond `changesMax` of one link go, the oldest first. */
  putLink(link: Link, changes: readonly LinkChange[]): void {
    const { host, path, account, target, disabled, createdAt, changedAt } = link;
    this.#db.transaction(() => {
      this.#db
        .prepare('INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?, ?)')
        .run(host, path, account, target, disabled ? 1 : 0, createdAt, changedAt);
      const write = this.#db.prepare(
        'INSERT INTO link_changes (host, path, target, change, at) VALUES (?, ?, ?, ?, ?)',
      );
      for (const change of changes) write.run(host, path, change.target, change.change, change.at);
      this.#db
        .prepare(
          `DELETE FROM link_changes WHERE id IN (
             SELECT id FROM link_changes WHERE host = ? AND path = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`,
        )
        .run(host, path, LINK_LIMITS.changesMax);
    })();
  }

  linkChanges(host: string, path: string): LinkChange[] {
    return this.#db
      .prepare('SELECT target, change, at FROM link_changes WHERE host = ? AND path = ? ORDER BY id')
      .all(host, path) as LinkChange[];
  }

  consent(account: string, visitorId: string): Consent | null {
    const found = this.#db
      .prepare('SELECT flags, at FROM consents WHERE account = ? AND visitor_id = ?')
      .get(account, visitorId) as Consent | undefined;
    return found ?? null;
  }

  /** Keeps what several visitors agreed to, in one transaction. An older agreement never replaces a newer one. */
  agree(agreements: readonly { account: string; visitorId: string; flags: number; at: number }[]): void {
    const write = this.#db.prepare(
      `INSERT INTO consents (account, visitor_id, flags, at) VALUES (@account, @visitorId, @flags, @at)
       ON CONFLICT (account, visitor_id) DO UPDATE SET flags = excluded.flags, at = excluded.at
       WHERE excluded.at >= consents.at`,
    );
    this.#db.transaction(() => {
      for (const agreement of agreements) write.run(agreement);
    })();
  }

  /** Forgets what a visitor agreed to, for one account or all. Returns the accounts where there was something. */
  forgetConsents(account: string | null, visitorId: string): string[] {
    return this.#db
      .prepare('DELETE FROM consents WHERE visitor_id = ? AND (? IS NULL OR account = ?) RETURNING account')
      .pluck()
      .all(visitorId, account, account) as string[];
  }

  /** In the operator's order; `seeds` where there were never any. */
  jurisdictions(seeds: readonly Jurisdiction[]): Jurisdiction[] {
    const read = () => {
      const rows = this.#db.prepare('SELECT value FROM jurisdictions ORDER BY position').pluck().all() as string[];
      return rows.map((value) => JSON.parse(value) as Jurisdiction);
    };
    const found = read();
    if (found.length > 0) return found;
    this.#db.transaction(() => {
      for (const [position, seed] of seeds.entries()) this.#insert(seed, position);
    })();
    return read();
  }

  /** Replaces the jurisdiction of that code, or adds one behind the others. */
  putJurisdiction(jurisdiction: Jurisdiction): void {
    this.#db.transaction(() => {
      const { changes } = this.#db
        .prepare('UPDATE jurisdictions SET value = ? WHERE code = ?')
        .run(JSON.stringify(jurisdiction), jurisdiction.code);
      if (changes > 0) return;
      const last = this.#db.prepare('SELECT coalesce(max(position), -1) FROM jurisdictions').pluck().get() as number;
      this.#insert(jurisdiction, last + 1);
    })();
  }

  /** The key of hashes of private texts: drawn once, the same for the life of the instance. */
  hashKey(): string {
    return this.#db
      .transaction(() => {
        const found = this.#db.prepare('SELECT value FROM secrets WHERE name = ?').pluck().get(HASH_KEY);
        if (found !== undefined) return (found as Buffer).toString('base64');
        const drawn = randomBytes(HASH_KEY_BYTES);
        this.#db.prepare('INSERT INTO secrets (name, value) VALUES (?, ?)').run(HASH_KEY, drawn);
        return drawn.toString('base64');
      })
      .immediate();
  }

  #insert(jurisdiction: Jurisdiction, position: number): void {
    this.#db
      .prepare('INSERT INTO jurisdictions (code, position, value) VALUES (?, ?, ?)')
      .run(jurisdiction.code, position, JSON.stringify(jurisdiction));
  }
}

function linkOf({ host, path, account, target, disabled, created_at, changed_at }: LinkRow): Link {
  return { host, path, account, target, disabled: disabled === 1, createdAt: created_at, changedAt: changed_at };
}
