import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import type { HomePaths } from '../src/config/home.ts';
import type { Config } from '../src/config/schema.ts';
import type { Engine } from '../src/engine/engine.ts';
import { type StoreAccess, storeAccess } from '../src/postgres/store-access.ts';
import { openEngine, serveEngine } from './engine.ts';
import type { Closers } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { DaemonState } from './state/daemon-state.ts';
import { prepareViews, readEndpoint, serveStore } from './store.ts';
import { checkStore, storePlace, writeStores } from './store-place.ts';
import type { Counters } from './telemetry/counters.ts';
import type { ShardPlace } from './telemetry/shard-clients.ts';
import type { SpoolHandle } from './threads/spool-handle.ts';

export interface RowsParts {
  readonly paths: HomePaths;
  readonly config: Config;
  readonly state: DaemonState;
  readonly counters: Counters;
  readonly packageRoot: string;
  readonly closers: Closers;
  readonly log: Log;
  readonly now: () => number;
  /** Tells whoever waits for the start what it waits for. */
  readonly onProgress: (message: string) => void;
}

/** Where the rows are kept, and how they are read. */
export interface Rows {
  readonly engine: Engine;
  /** Null: the engine keeps them. */
  readonly store: StoreAccess | null;
  /** Where questions are asked. */
  readonly reads: Endpoint;
  /** Where the tables are asked about themselves: of a cluster each shard. */
  readonly places: readonly ShardPlace[];
  /** Of the store: why it cannot be used yet, empty when it can. Null where there is none. */
  readonly storeStatus: () => { readonly url: string; readonly problem: string } | null;
  /**
   * Lets the flush use what keeps the rows, from when its schema is in place and the home has its name. Resolves when that and
   * what reads them can be used for the first time; rejects when it never can.
   */
  serve(spool: Pick<SpoolHandle, 'setEngine'>): Promise<void>;
}

/** Starts the engine; nothing need answer yet. Rejects with TF_CONFIG when the rows lie elsewhere. */
export async function openRows(parts: RowsParts): Promise<Rows> {
  const { paths, config, state, counters, closers, log, now } = parts;
  const store = storeAccess(config.store);
  checkStore(paths.run, store, state.hasStoredRows());
  const engine = await openEngine(paths, config, counters, log, now, store);
  closers.push('engine', () => engine.close(config.stop.timeoutMs));
  const reads = readEndpoint(engine, store);
  if (store === null) {
    const places = engine.shards;
    return {
      engine,
      store,
      reads,
      places,
      storeStatus: () => null,
      serve: (spool) => serveClickHouse(parts, engine, spool),
    };
  }
  let problem = '';
  return {
    engine,
    store,
    reads,
    places: [
      {
        endpoint: reads,
        get state() {
          return engine.state;
        },
      },
    ],
    storeStatus: () => ({ url: store.address.url, problem }),
    serve: (spool) =>
      servePostgres(parts, engine, store, spool, (told) => {
        problem = told;
        if (told !== '') parts.onProgress(told);
      }),
  };
}

type Spool = Pick<SpoolHandle, 'setEngine'>;

function serveClickHouse(parts: RowsParts, engine: Engine, spool: Spool): Promise<void> {
  return serveEngine({
    ...parts,
    engine,
    prepare: async () => {},
    serve: (shard, endpoint) => {
      if (endpoint !== null) writeStores(parts.paths.run, [storePlace(null)]);
      spool.setEngine(shard, endpoint);
    },
  });
}

async function servePostgres(
  parts: RowsParts,
  engine: Engine,
  store: StoreAccess,
  spool: Spool,
  onProblem: (problem: string) => void,
): Promise<void> {
  const closing = new AbortController();
  parts.closers.push('store', () => closing.abort());
  await Promise.all([
    serveEngine({ ...parts, engine, prepare: prepareViews, serve: () => {} }),
    serveStore({
      access: store,
      log: parts.log,
      signal: closing.signal,
      onProblem,
      serve: () => {
        writeStores(parts.paths.run, [storePlace(store)]);
        spool.setEngine(0, engine.endpoint);
      },
    }),
  ]);
}
