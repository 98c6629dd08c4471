import fs from 'node:fs';
import pg from 'pg';
import { ACCOUNTS_MAX, type Account, accountSchema } from '../../src/access/account.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
/** The table is read no more than this part of the time, however large it is. */
const BUSY_SHARE_MAX = 0.1;

const COLUMNS = ['id', 'name', 'is_active', 'active', 'origins', 'limits', 'retention_days'];

export interface PostgresAccountsOptions {
  /** Without a password. */
  readonly url: string;
  /** File with the password; empty: none is needed, or PostgreSQL's own ways hold. */
  readonly passwordFile: string;
  /** Name of the table, with its schema or without: identifiers only. */
  readonly table: string;
  readonly refreshMs: number;
  /** All accounts of the table, and how many rows were none. */
  readonly onAccounts: (accounts: readonly Account[], bad: number) => void;
  /** The first failure after it went well. */
  readonly onAway: (error: unknown) => void;
}

/**
 * Reads accounts from a table of somebody else's PostgreSQL, again and again. Needed is a column `id`; `name`,
 * `is_active` (or `active`), `origins`, `limits` and `retention_days` are taken where they are.
 *
 * Promises: it never writes (its transactions are read-only); when the database is away nothing changes here, and it is
 * asked again with growing pauses.
 */
export class PostgresAccounts {
  readonly #options: PostgresAccountsOptions;
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: PostgresAccountsOptions) {
    this.#options = options;
    void this.#look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#disconnect();
  }

  async #look(): Promise<void> {
    const { refreshMs, onAccounts, onAway } = this.#options;
    let pauseMs: number;
    const begunAt = performance.now();
    try {
      const { accounts, bad } = await this.#read();
      this.#failures = 0;
      if (!this.#closed) onAccounts(accounts, bad);
      pauseMs = Math.max(refreshMs, (performance.now() - begunAt) / BUSY_SHARE_MAX);
    } catch (error) {
      if (this.#failures++ === 0 && !this.#closed) onAway(error);
      pauseMs = Math.min(RETRY_MS_MIN * 2 ** (this.#failures - 1), RETRY_MS_MAX);
      await this.#disconnect();
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), pauseMs);
  }

  async #read(): Promise<{ readonly accounts: readonly Account[]; readonly bad: number }> {
    this.#client ??= await this.#connect();
    const table = this.#options.table.split('.').map(pg.escapeIdentifier).join('.');
    const { rows } = await this.#client.query<{ account: object }>(
      // What else the table has stays where it is.
      `SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t)) WHERE key = ANY ($1)) AS account
       FROM ${table} t LIMIT ${ACCOUNTS_MAX + 1}`,
      [COLUMNS],
    );
    if (rows.length > ACCOUNTS_MAX) throw new Error(`the table has more than ${ACCOUNTS_MAX} accounts`);
    const read = rows.map(({ account }) => accountSchema.safeParse(accountFrom(account)));
    return {
      accounts: read.flatMap(({ data }) => (data === undefined ? [] : [data])),
      bad: read.filter(({ success }) => !success).length,
    };
  }

  async #connect(): Promise<pg.Client> {
    const { url, passwordFile } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      ...(passwordFile !== '' && { password: fs.readFileSync(passwordFile, 'utf8').trim() }),
      application_name: 'trackflow',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
      options: `-c default_transaction_read_only=on -c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
    });
    // A connection that breaks between two looks is told by the next one.
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }
}

function accountFrom(row: object): object {
  const { id, name, is_active, active, origins, limits, retention_days } = row as Readonly<Record<string, unknown>>;
  return {
    id: typeof id === 'number' ? String(id) : id,
    ...(typeof name === 'string' && { name }),
    active: (is_active ?? active) !== false,
    ...(origins !== null && origins !== undefined && { origins }),
    ...(limits !== null && limits !== undefined && { limits }),
    ...(retention_days !== undefined && { retentionDays: retention_days }),
  };
}
