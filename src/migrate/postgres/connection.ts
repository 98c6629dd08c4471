/**
 * The only importer of pg: connections to the source, and nothing else that knows the library.
 *
 * Promises: every session reads and writes texts the same way (time zone, date style, digits of floats), never writes, and
 * is told apart by its application name. What the server says is an error with its SQLSTATE; what the network does is
 * one without.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { TrackflowError } from '../../errors/error.ts';
import type { SourceAddress } from './address.ts';
import { CopyOut } from './copy-out.ts';
import { sqlText } from './quote.ts';
import { SESSION_SETTINGS } from './types.ts';

export const APPLICATION = 'trackflow migrate';
/** Oldest PostgreSQL that reads a range of blocks without reading the whole table. */
export const VERSION_MIN = 14;
const CONNECT_MS = 10_000;

export interface SourceAccess {
  readonly address: SourceAddress;
  /** Null: what PGPASSWORD or ~/.pgpass say. */
  readonly password: string | null;
  /** File with the certificates to trust, for sslmode verify-full; null: those of the system. */
  readonly caFile?: string | null;
}

export interface Session {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Rows of `COPY (select) TO STDOUT`, as bytes. Destroying it makes the session useless. */
  copyOut(select: string): CopyOut;
  /** Null while the connection is good, else why it is not. */
  readonly broken: Error | null;
  close(): Promise<void>;
}

/** Opens one session. Rejects with TF_INPUT when the server says no for good, else with TF_ENGINE_UNAVAILABLE. */
export async function openSession({ address, password, caFile }: SourceAccess): Promise<Session> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(password !== null && { password }),
    ssl: tls(address, caFile ?? null),
    application_name: APPLICATION,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  const session = new PgSession(client);
  try {
    await client.connect();
    await prepare(client);
  } catch (cause) {
    await session.close();
    throw explain(cause, address);
  }
  return session;
}

class PgSession implements Session {
  broken: Error | null = null;
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
    // Between queries nobody else would hear of it.
    client.on('error', (error) => {
      this.broken ??= error;
    });
    client.on('end', () => {
      this.broken ??= new Error('the connection to the source has ended');
    });
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#client.query<Row>(sql, params.length === 0 ? undefined : [...params]);
    return rows;
  }

  copyOut(select: string): CopyOut {
    return this.#client.query(new CopyOut(`COPY (${select}) TO STDOUT`));
  }

  async close(): Promise<void> {
    this.broken ??= new Error('closed');
    await this.#client.end().catch(() => {});
  }
}

/** Bytes of a database in SQL_ASCII are nobody's encoding: they stay as they are. */
async function prepare(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string; version: string }>(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num') AS version`,
  );
  const major = Math.floor(Number(rows[0]!.version) / 10_000);
  if (major < VERSION_MIN) {
    throw new TrackflowError('TF_INPUT', `the source is PostgreSQL ${major}; ${VERSION_MIN} or newer is needed`);
  }
  const clientEncoding = rows[0]!.encoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
  const settings = [
    ...SESSION_SETTINGS,
    ['client_encoding', clientEncoding],
    ['default_transaction_read_only', 'on'],
    // A migration may wait for hours between two questions, and for minutes in one.
    ['idle_in_transaction_session_timeout', '0'],
    ['statement_timeout', '0'],
  ] as const;
  await client.query(settings.map(([name, value]) => `SET ${name} = ${sqlText(value)}`).join('; '));
}

/** Errors that no repetition mends: password, database, rights, TLS. */
const FINAL = /^(28|3D|42501)/;

function explain(cause: unknown, { url }: SourceAddress): unknown {
  if (cause instanceof TrackflowError) return cause;
  const { code, message } = cause as { code?: string; message?: string };
  if (code === undefined || !FINAL.test(code)) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `PostgreSQL at ${url} cannot be reached: ${message || code}`, {
      cause,
    });
  }
  return new TrackflowError('TF_INPUT', `PostgreSQL at ${url} refuses us: ${message}`, {
    hints: ['the password: PGPASSWORD, ~/.pgpass, or a file with the whole address by --source-file'],
    cause,
  });
}

/** What `pg` is told about TLS. */
export function tls({ sslMode, host }: SourceAddress, caFile: string | null): false | object {
  if (sslMode === 'disable') return false;
  // `require` of libpq encrypts and asks for no proof of who answers.
  if (sslMode === 'require') return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, servername: host, ...(caFile !== null && { ca: readFileSync(caFile, 'utf8') }) };
}
