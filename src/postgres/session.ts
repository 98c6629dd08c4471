/**
 * A session with the PostgreSQL that is the store. What the server says is a `ServerRefusal` with its SQLSTATE; what the network
 * does, and a server that goes away, is any other error.
 *
 * Always true: a commit that is answered is on the server's disk, whatever its default (`synchronous_commit`); a peer that
 * vanished is noticed by both sides within half a minute, so that locks of a dead session do not outlive it for long.
 */
import pg from 'pg';
import { tls } from '../migrate/postgres/connection.ts';
import { copyIn } from './copy-in.ts';
import type { StoreAccess } from './store-access.ts';

export const STORE_APPLICATION = 'trackflow store';
/** Oldest PostgreSQL whose BRIN indexes bear outliers. */
export const STORE_VERSION_MIN = 14;
const CONNECT_MS = 5_000;

/** PostgreSQL said no. The transaction has changed nothing. */
export class ServerRefusal extends Error {
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.name = 'ServerRefusal';
    this.sqlState = sqlState;
  }
}

export interface StoreSession {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Sends `pieces` as the data of a COPY FROM STDIN. */
  copyIn(sql: string, pieces: Iterable<Buffer>): Promise<void>;
  /** False once the connection is gone. */
  readonly isOpen: boolean;
  /** Ends it at once; what is under way rejects. */
  destroy(): void;
  close(): Promise<void>;
}

/** Opens a session whose statements take `timeoutMs` at the most. Rejects with `ServerRefusal` or what the network gives. */
export async function openStoreSession(access: StoreAccess, timeoutMs: number): Promise<StoreSession> {
  const { address, password, caFile } = access;
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(password !== null && { password }),
    ssl: tls(address, caFile),
    application_name: STORE_APPLICATION,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  const session = new PgStoreSession(client);
  try {
    await client.connect();
    const [server] = await session.query<{ major: number }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS major`,
    );
    if (server!.major < STORE_VERSION_MIN) {
      throw new Error(`the store is PostgreSQL ${server!.major}; ${STORE_VERSION_MIN} or newer is needed`);
    }
    await session.query(settings(timeoutMs));
  } catch (error) {
    session.destroy();
    throw told(error);
  }
  return session;
}

function settings(timeoutMs: number): string {
  return [
    `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
    `SET statement_timeout = ${timeoutMs}`,
    `SET idle_in_transaction_session_timeout = ${timeoutMs}`,
    `SET tcp_keepalives_idle = 10`,
    `SET tcp_keepalives_interval = 5`,
    `SET tcp_keepalives_count = 3`,
    `SET client_encoding = 'UTF8'`,
    `SET TimeZone = 'UTC'`,
  ].join('; ');
}

class PgStoreSession implements StoreSession {
  isOpen = true;
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
    const gone = () => {
      this.isOpen = false;
    };
    // Between two statements nobody else would hear of it.
    client.on('error', gone);
    client.on('end', gone);
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    try {
      const { rows } = await this.#client.query<Row>(sql, params.length === 0 ? undefined : [...params]);
      return rows;
    } catch (error) {
      throw told(error);
    }
  }

  async copyIn(sql: string, pieces: Iterable<Buffer>): Promise<void> {
    try {
      await copyIn(this.#client, sql, pieces);
    } catch (error) {
      throw told(error);
    }
  }

  destroy(): void {
    this.isOpen = false;
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }

  async close(): Promise<void> {
    // Of a connection that is gone pg would wait for its end for ever.
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.#client.end().catch(() => {});
  }
}

/** SQLSTATEs after which nobody knows what became of a transaction: connection, operator intervention, internal errors. */
const UNCERTAIN = /^(08|57P|XX|58)/;

function told(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  const isState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object);
  return isState && !UNCERTAIN.test(code) ? new ServerRefusal(code, `${message} (${code})`) : error;
}
