import path from 'node:path';
import { openClickHouse } from '../src/clickhouse/client.ts';
import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import { type Migration, migrate, readMigrations } from '../src/clickhouse/migrate.ts';
import { processEnvironment } from '../src/config/environment.ts';
import type { HomePaths } from '../src/config/home.ts';
import type { Config } from '../src/config/schema.ts';
import { startEmbedded } from '../src/engine/embedded.ts';
import type { Engine, EngineState, Shard } from '../src/engine/engine.ts';
import type { EngineLog } from '../src/engine/log.ts';
import { checkPlace } from '../src/engine/place.ts';
import { startUrl } from '../src/engine/url.ts';
import { TrackflowError } from '../src/errors/error.ts';
import type { StoreAccess } from '../src/postgres/store-access.ts';
import type { Log } from './log.ts';
import { engineStore } from './store.ts';
import type { Counters } from './telemetry/counters.ts';

const STATE_NUMBER: Record<EngineState, number> = { starting: 0, ready: 1, down: 2, stopped: 3 };
const MIGRATE_RETRY_MS = 1_000;

/** Starts the engine of the configured kind. It need not answer yet. Rejects with TF_CONFIG when the data lies in another. */
export async function openEngine(
  paths: HomePaths,
  config: Config,
  counters: Counters,
  log: Log,
  now: () => number,
  store: StoreAccess | null = null,
): Promise<Engine> {
  const { engine, query } = config;
  checkPlace(paths.run, engine);
  const engineLog: EngineLog = (level, event, fields) => log.write(level, 'engine', event, fields);
  if (engine.kind === 'url') {
    const { url, user, passwordFile, database } = engine;
    return startUrl({ url, user, passwordFile, database, log: engineLog });
  }
  const onRestart = () => counters.add('engine_restarts_total');
  if (engine.kind === 'docker') {
    const { dockerSettings } = await import('../src/engine/docker/engine-spec.ts');
    const { startDocker } = await import('../src/engine/docker/docker-engine.ts');
    return startDocker({ ...dockerSettings(paths, config, processEnvironment()), log: engineLog, onRestart });
  }
  if (engine.kind === 'cluster') {
    const { dockerSettings } = await import('../src/engine/docker/engine-spec.ts');
    const { startCluster } = await import('../src/engine/cluster/start.ts');
    return startCluster({ ...dockerSettings(paths, config, processEnvironment()), log: engineLog, onRestart });
  }
  return startEmbedded({
    paths,
    database: engine.database,
    memoryBytesMax: engine.memoryBytesMax,
    query,
    log: engineLog,
    now,
    onRestart,
    ...(store !== null && { store: engineStore(store, config, processEnvironment()) }),
  });
}

/**
 * Brings the schema of each shard up to date each time it comes to be ready, and only then serves it.
 *
 * Resolves the first time that happened to all. Rejects with TF_SCHEMA_NEWER, which no retry mends; anything else (a server
 * that is away, no right to create tables yet) is tried again until it works.
 */
export async function serveEngine(parts: EngineParts): Promise<void> {
  const { engine, counters, log } = parts;
  const onState = (state: EngineState) => {
    counters.set('engine_state', STATE_NUMBER[state]);
    log.write(state === 'down' ? 'warn' : 'info', 'engine', `engine_${state}`, { version: engine.version });
  };
  engine.onState(onState);
  onState(engine.state);
  const migrations = readMigrations(path.join(parts.packageRoot, 'schema', 'clickhouse'));
  await Promise.all(engine.shards.map((shard, index) => serveShard(parts, migrations, shard, index)));
}

interface EngineParts {
  readonly engine: Engine;
  readonly counters: Counters;
  readonly packageRoot: string;
  readonly log: Log;
  /** What else has to be there before a shard is served. */
  readonly prepare: (endpoint: Endpoint) => Promise<void>;
  /** A shard (index) can be used from now on; null: it went away. */
  readonly serve: (shard: number, endpoint: Endpoint | null) => void;
}

function serveShard(
  { engine, log, prepare: prepareMore, serve }: EngineParts,
  migrations: readonly Migration[],
  shard: Shard,
  index: number,
): Promise<void> {
  const which = engine.shards.length === 1 ? {} : { shard: index + 1 };
  return new Promise((resolve, reject) => {
    const prepare = async () => {
      const { endpoint } = shard;
      const isCurrent = () => shard.state === 'ready' && shard.endpoint === endpoint;
      while (isCurrent()) {
        // A connection that is left open would hold up the engine's own stop.
        const server = openClickHouse(endpoint, 'writer');
        try {
          await migrate(server, migrations);
          await prepareMore(endpoint);
          if (isCurrent()) serve(index, endpoint);
          return resolve();
        } catch (error) {
          log.write('error', 'clickhouse', 'schema_failed', { error: String(error), ...which });
          if (error instanceof TrackflowError && error.code === 'TF_SCHEMA_NEWER') return reject(error);
          await new Promise((again) => setTimeout(again, MIGRATE_RETRY_MS));
        } finally {
          await server.close();
        }
      }
    };
    const onState = () => {
      if (shard.state === 'ready') void prepare();
      else serve(index, null);
    };
    shard.onState(onState);
    onState();
  });
}
