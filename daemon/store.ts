import { openClickHouse } from '../src/clickhouse/client.ts';
import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import { STORE_COLLECTION, STORE_SETTINGS, storeDatabase, storeStatements } from '../src/clickhouse/postgres-tables.ts';
import type { Environment } from '../src/config/environment.ts';
import type { Config } from '../src/config/schema.ts';
import type { EmbeddedStore } from '../src/engine/embedded.ts';
import type { Engine } from '../src/engine/engine.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { applyStoreSchema, storeMigrations } from '../src/postgres/schema.ts';
import { openStoreSession, STORE_APPLICATION } from '../src/postgres/session.ts';
import type { StoreAccess } from '../src/postgres/store-access.ts';
import type { Log } from './log.ts';

/** Connections that the engine keeps for reads of one table. */
const CONNECTIONS_MAX = 8;
const SCHEMA_MS = 30_000;
const RETRY_MS = 1_000;
/** The engine gives up a read of anybody's long before; a slice of a cutover has this long. */
const STATEMENT_MS_MAX = 600_000;

/** What the embedded engine is told of the store, which it only reads. */
export function engineStore(access: StoreAccess, config: Config, env: Environment): EmbeddedStore {
  const { address, password, caFile } = access;
  return {
    collection: STORE_COLLECTION,
    keys: {
      host: address.host,
      port: address.port,
      user: address.user,
      password: password ?? '',
      database: address.database,
      postgresql_connection_pool_size: CONNECTIONS_MAX,
    },
    database: storeDatabase(config.engine.database),
    settings: STORE_SETTINGS,
    env: {
      ...env,
      PGSSLMODE: address.sslMode,
      ...(caFile !== null && { PGSSLROOTCERT: caFile }),
      PGAPPNAME: `${STORE_APPLICATION} reads`,
      PGOPTIONS: `-c default_transaction_read_only=on -c statement_timeout=${STATEMENT_MS_MAX}`,
    },
  };
}

/** Where is read: the engine's own tables, or its views of PostgreSQL. */
export function readEndpoint({ endpoint }: Engine, store: StoreAccess | null): Endpoint {
  if (store === null) return endpoint;
  return { ...endpoint, database: storeDatabase(endpoint.database), viewsPostgres: true };
}

/** Makes the views. Rejects with what ClickHouse says. */
export async function prepareViews(endpoint: Endpoint): Promise<void> {
  const server = openClickHouse(endpoint, 'writer');
  try {
    for (const statement of storeStatements(storeDatabase(endpoint.database))) await server.command(statement);
  } finally {
    await server.close();
  }
}

/**
 * Brings PostgreSQL's schema up to date, and only then serves it: from then on the flush deals with it by itself.
 *
 * Resolves when that is done. Rejects with TF_SCHEMA_NEWER, which no retry mends; anything else (a server that is away, a password that is
 * not the right one, no right to create tables yet) is tried again until it works, or `signal`.
 */
export async function serveStore(parts: {
  readonly access: StoreAccess;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** It can be used. */
  readonly serve: () => void;
  /** Why it cannot be used yet. */
  readonly onProblem: (problem: string) => void;
}): Promise<void> {
  const { access, log, signal, serve, onProblem } = parts;
  const migrations = storeMigrations();
  let told = '';
  while (!signal.aborted) {
    try {
      const session = await openStoreSession(access, SCHEMA_MS);
      const applied = await applyStoreSchema(session, migrations).finally(() => session.close());
      log.write('info', 'store', 'store_ready', { url: access.address.url, applied: applied.length });
      onProblem('');
      return serve();
    } catch (error) {
      if (error instanceof TrackflowError && error.code === 'TF_SCHEMA_NEWER') throw error;
      const text = `PostgreSQL at ${access.address.url}: ${error instanceof Error ? error.message || error.name : error}`;
      if (text !== told) log.write('error', 'store', 'store_failed', { error: text });
      told = text;
      onProblem(text);
      await new Promise((again) => setTimeout(again, RETRY_MS));
    }
  }
}
