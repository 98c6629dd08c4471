import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, openClickHouse, type Params, type ReadLimits } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import { migrate } from '../../src/clickhouse/migrate.ts';
import { type EmbeddedOptions, startEmbedded } from '../../src/engine/embedded.ts';
import type { Engine } from '../../src/engine/engine.ts';

const MIB = 1024 * 1024;
const READY_MS = 30_000;
const CLOSE_MS = 10_000;

export const TEST_LIMITS: ReadLimits = {
  timeoutMs: 10_000,
  rowsMax: 10_000,
  bytesMax: 64 * MIB,
  memoryBytesMax: 256 * MIB,
};

/** A real embedded ClickHouse in a temporary home, for one test file. */
export interface TestEngine {
  readonly engine: Engine;
  /** What code under test is given. */
  readonly endpoint: Endpoint;
  /** The temporary home: `clickhouse/`, `run/`, `logs/`. */
  readonly home: string;
  /** Rows of a statement, as the user that may do everything. */
  query<T>(sql: string, params?: Params): Promise<T[]>;
  /** Ends the engine and deletes its home. */
  stop(): Promise<void>;
}

/**
 * Starts one, about half a second, with the schema in place (`migrated: false` leaves the database empty). Start it in
 * `beforeAll`, stop it in `afterAll`; give each test an account or a table of its own rather than an engine of its own.
 *
 *     let clickhouse: TestEngine;
 *     beforeAll(async () => { clickhouse = await startEngine(); });
 *     afterAll(() => clickhouse.stop());
 */
export async function startEngine(
  options: Partial<EmbeddedOptions> & { readonly migrated?: boolean } = {},
): Promise<TestEngine> {
  const home = await mkdtemp(join(tmpdir(), 'trackflow-engine-'));
  const engine = await startEmbedded({ ...(await engineOptions(home)), ...options });
  await engine.ready(READY_MS);
  const writer = openClickHouse(engine.endpoint, 'writer');
  if (options.migrated !== false) await migrate(writer);
  return {
    engine,
    endpoint: engine.endpoint,
    home,
    query: <T>(sql: string, params?: Params) => writer.query<T>(sql, params),
    stop: () => stop(engine, writer, home),
  };
}

/** Options of an engine in `home`, whose directories are created. Says nothing. */
export async function engineOptions(home: string): Promise<EmbeddedOptions> {
  const paths = { clickhouse: join(home, 'clickhouse'), run: join(home, 'run'), logs: join(home, 'logs') };
  for (const directory of Object.values(paths)) await mkdir(directory, { recursive: true });
  return {
    paths,
    database: 'trackflow',
    memoryBytesMax: 1024 * MIB,
    query: TEST_LIMITS,
    log: () => {},
    now: Date.now,
  };
}

async function stop(engine: Engine, writer: ClickHouse, home: string): Promise<void> {
  await writer.close();
  await engine.close(CLOSE_MS);
  await rm(home, { recursive: true, force: true });
}
