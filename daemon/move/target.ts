import fs from 'node:fs';
import path from 'node:path';
import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import { migrate, readMigrations } from '../../src/clickhouse/migrate.ts';
import type { Environment } from '../../src/config/environment.ts';
import type { HomePaths } from '../../src/config/home.ts';
import type { Config } from '../../src/config/schema.ts';
import { startEmbedded } from '../../src/engine/embedded.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { forkEngineFile } from '../../src/engine/engine-file.ts';
import type { EngineLog } from '../../src/engine/log.ts';
import { startUrl } from '../../src/engine/url.ts';

const READY_MS_MAX = 120_000;
const CLOSE_MS_MAX = 30_000;

export interface TargetParts {
  readonly paths: HomePaths;
  /** As it will be after the move. */
  readonly config: Config;
  readonly env: Environment;
  readonly packageRoot: string;
  readonly log: EngineLog;
  readonly now: () => number;
}

/** The engine that data is carried to, beside the one that serves. */
export interface MoveTarget {
  readonly client: ClickHouse;
  /** Where its data lies, for people. */
  readonly where: string;
  /** `keepRunning`: the daemon is going to adopt it, where that is possible. */
  close(keepRunning: boolean): Promise<void>;
}

/** Files of the second engine: its ports, passwords and configuration, until it is the only one. */
export function nextFolder({ run }: Pick<HomePaths, 'run'>): string {
  return path.join(run, 'next');
}

export function engineFile(run: string): string {
  return path.join(run, 'engine.json');
}

/**
 * Brings the target up with the schema in place. Never the ports of the engine that serves. Rejects as the engines do, and
 * with the signal's reason.
 */
export async function openTarget(parts: TargetParts, signal: AbortSignal): Promise<MoveTarget> {
  const { paths, config, packageRoot } = parts;
  const next = nextFolder(paths);
  fs.mkdirSync(next, { recursive: true, mode: 0o700 });
  if (config.engine.kind !== 'url') await forkEngineFile(engineFile(paths.run), engineFile(next));
  const opened = config.engine.kind === 'docker' ? await openContainer(parts, signal) : await openOther(parts, signal);
  const client = openClickHouse(opened.endpoint, 'writer');
  const close = async (keepRunning: boolean) => {
    await client.close();
    await opened.close(keepRunning);
  };
  try {
    await migrate(client, readMigrations(path.join(packageRoot, 'schema', 'clickhouse')));
    return { client, where: whereIs(config, paths), close };
  } catch (error) {
    await close(false);
    throw error;
  }
}

/** Where an engine of this home keeps its data. */
export function whereIs({ engine }: Config, { clickhouse }: Pick<HomePaths, 'clickhouse'>): string {
  if (engine.kind === 'embedded') return clickhouse;
  return engine.kind === 'docker' ? 'the Docker volume of this home' : `database ${engine.database} at ${engine.url}`;
}

interface Opened {
  readonly endpoint: Endpoint;
  close(keepRunning: boolean): Promise<void>;
}

async function openContainer({ paths, config, env }: TargetParts, signal: AbortSignal): Promise<Opened> {
  const { dockerSettings, engineEndpoint, engineName, keep } = await import('../../src/engine/docker/engine-spec.ts');
  const { bringUp, openDocker, STOP_MS_MAX } = await import('../../src/engine/docker/bring-up.ts');
  const next = nextFolder(paths);
  const settings = dockerSettings({ home: paths.home, run: next, logs: next }, config, env);
  await bringUp(settings, { timeoutMs: READY_MS_MAX, signal });
  const kept = await keep(settings);
  return {
    endpoint: engineEndpoint(settings, kept),
    close: async (keepRunning) => {
      if (!keepRunning) await openDocker(settings).stop(engineName(kept), STOP_MS_MAX);
    },
  };
}

async function openOther({ paths, config, log, now }: TargetParts, signal: AbortSignal): Promise<Opened> {
  const { kind, url, user, passwordFile, database, memoryBytesMax } = config.engine;
  const next = nextFolder(paths);
  const engine: Engine =
    kind === 'url'
      ? await startUrl({ url, user, passwordFile, database, log })
      : await startEmbedded({
          paths: { clickhouse: paths.clickhouse, run: next, logs: next },
          database,
          memoryBytesMax,
          query: config.query,
          log,
          now,
        });
  // A child process cannot be handed over: the daemon starts its own on the same data.
  const close = () => engine.close(CLOSE_MS_MAX);
  try {
    await Promise.race([engine.ready(READY_MS_MAX), aborted(signal)]);
    return { endpoint: engine.endpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Rejects with the signal's reason; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
