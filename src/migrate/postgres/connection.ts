/**
 * The only importer of pg: connections to the source, and nothing else that knows the library.
 *
 * Promises: every session reads and writes texts the same way (time zone, date style, digits of floats), writes
 * nothing unless it was opened for that, and is told apart by its application name. What the server says is an error with its SQLSTATE; what the network does is
 * one without.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import pg from 'pg';
import { TrackflowError } from '../../errors/error.ts';
import type { SourceAddress } from './address.ts';
import { CopyOut } from './copy-out.ts';
import { sqlName, sqlText } from './quote.ts';
import { SESSION_SETTINGS } from './types.ts';
import { lsnText } from './wal/lsn.ts';
import { WalStream } from './wal/wal-stream.ts';

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

/**
 * Opens one session. Rejects with TF_INPUT when the server says no for good, else with TF_ENGINE_UNAVAILABLE. `mayWrite`: for
 * the publication and the slot that following takes, the only two things that are made in a source.
 */
export async function openSession(
  access: SourceAccess,
  { mayWrite = false }: { readonly mayWrite?: boolean } = {},
): Promise<Session> {
  return (await connect(access, { mayWrite })).session;
}

/** A session that speaks the replication protocol beside SQL. */
export interface ReplicationSession extends Session {
  /** Changes of a slot behind `from`. The session is of no other use from then on. */
  /** Without a word: a session that streams does not listen. */
  destroy(): Promise<void>;
  stream(options: { readonly slot: string; readonly publication: string; readonly from: bigint }): WalStream;
}

/** The same in a walsender: for slots and what they hold. Needs the attribute REPLICATION. */
export async function openReplication(access: SourceAccess, now: () => number): Promise<ReplicationSession> {
  const { session, client } = await connect(access, { mayWrite: true, replication: 'database' });
  const stream: ReplicationSession['stream'] = ({ slot, publication, from }) => {
    const names = sqlText(sqlName(publication)).trimStart();
    const sql = `START_REPLICATION SLOT ${sqlName(slot)} LOGICAL ${lsnText(from)} (proto_version '1', publication_names ${names})`;
    const stream = new WalStream(sql, from, now);
    client.on('end', () => stream.handleReadyForQuery());
    return client.query(stream);
  };
  const destroy = async () => {
    // Cut first: the answer to a word would never come.
    (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    await session.close();
  };
  return Object.assign(session, { stream, destroy });
}

async function connect(
  { address, password, caFile }: SourceAccess,
  { mayWrite, replication }: { readonly mayWrite: boolean; readonly replication?: 'database' },
): Promise<{ readonly session: PgSession; readonly client: pg.Client }> {
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
    // In pg, and left out of its types.
    ...((replication === undefined ? {} : { replication }) as object),
  });
  const session = new PgSession(client);
  try {
    await client.connect();
    await prepare(client, mayWrite);
  } catch (cause) {
    await session.close();
    throw explain(cause, address);
  }
  return { session, client };
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
async function prepare(client: pg.Client, mayWrite: boolean): Promise<void> {
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
    ['default_transaction_read_only', mayWrite ? 'off' : 'on'],
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
