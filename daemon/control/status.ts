import type { Config } from '../../src/config/schema.ts';
import type { EngineContainer, LastMinute, ShardStatus, Status, TableStatus } from '../../src/control/protocol.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { TABLE_NAMES, type TableName } from '../../src/event/tables.ts';
import { COUNTERS, type CounterName } from '../telemetry/catalogue.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { SpoolHandle } from '../threads/spool-handle.ts';

export interface StatusSources {
  readonly version: string;
  readonly state: Status['state'];
  readonly pid: number;
  readonly url: string;
  readonly readsUrl: string;
  readonly home: string;
  readonly startedAt: number;
  readonly engine: Engine;
  readonly counters: Counters;
  readonly config: Config;
  readonly spool: Pick<SpoolHandle, 'lastFlushError' | 'lanes'>;
  /** Null: ClickHouse keeps the events. */
  readonly store: { readonly url: string; readonly problem: string } | null;
  /** Of parts that know best themselves what is wrong. */
  readonly furtherProblems: readonly string[];
  readonly lastMinute: LastMinute | null;
}

/** A spool older than this says that the flush does not keep up. */
const OLDEST_SECONDS_MAX = 60;
const SPOOL_SHARE_MAX = 0.8;

const REJECTED = COUNTERS.filter((name) => name.startsWith('events_rejected_total'));
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/**
 * The daemon's figures as one document. Of all tables together `accepted` = `stored` + `deadLettered` + `spool.rows`, give or
 * take a commit.
 */
export function status(sources: StatusSources): Status {
  const { version, state, pid, url, readsUrl, home, startedAt, engine, counters, config, spool } = sources;
  const problems = findProblems(sources);
  // Before the totals: what leaves the spool meanwhile is then told twice, never as if it were nowhere.
  const spooledRows = counters.read('spool_rows');
  return {
    schema: 'trackflow.status/1',
    version,
    state,
    health: problems.length === 0 ? 'ok' : 'degraded',
    problems,
    pid,
    url,
    readsUrl,
    home,
    startedAt: new Date(startedAt).toISOString(),
    engine: {
      kind: engine.kind,
      version: engine.version,
      state: engine.state,
      pid: engine.pid,
      url: engine.endpoint.url,
      container: containerOf(engine),
      ...(engine.shards.length > 1 && { shards: shardsOf(sources) }),
    },
    ...(sources.store !== null && { store: { kind: 'postgres' as const, url: sources.store.url } }),
    events: {
      accepted: counters.read('events_accepted_total'),
      stored: counters.read('events_stored_total'),
      duplicates: counters.read('events_duplicate_total'),
      rejected: REJECTED.reduce((sum, name: CounterName) => sum + counters.read(name), 0),
      deadLettered: counters.read('events_dead_lettered'),
    },
    tables: Object.fromEntries(
      TABLE_NAMES.filter((table) => table !== 'events').map((table) => [table, tableStatus(table, counters)]),
    ),
    spool: {
      bytes: counters.read('spool_bytes'),
      segments: counters.read('spool_segments'),
      oldestAgeSeconds: Math.round(counters.read('spool_oldest_seconds') * 10) / 10,
      rows: spooledRows,
      quarantined: counters.read('spool_quarantined_total'),
    },
    flush: {
      breaker: BREAKER_STATES[counters.read('flush_breaker_state')] ?? 'closed',
      lastError: spool.lastFlushError,
      strategy: config.flush.strategy,
    },
    lastMinute: sources.lastMinute,
  };
}

function tableStatus(table: TableName, counters: Counters): TableStatus {
  return {
    accepted: counters.read(`${table}_accepted_total`),
    stored: counters.read(`${table}_stored_total`),
    duplicates: counters.read(`${table}_duplicate_total`),
    deadLettered: counters.read(`${table}_dead_lettered`),
  };
}

function shardsOf({ engine, spool }: StatusSources): ShardStatus[] {
  return engine.shards.map(({ state }, index) => {
    const own = spool.lanes.filter(({ shard }) => shard === index + 1);
    return { shard: index + 1, state, spooledRows: own.reduce((sum, { rows }) => sum + rows, 0) };
  });
}

/** JSON has no NaN. */
function containerOf({ container }: Engine): EngineContainer | null {
  if (container === null) return null;
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  const { cpuCores, memoryBytes, memoryBytesMax, pids } = container;
  return {
    ...container,
    cpuCores: known(cpuCores),
    memoryBytes: known(memoryBytes),
    memoryBytesMax: known(memoryBytesMax),
    pids: known(pids),
  };
}

/** A shard that is away, and rows for shards that this engine has not. */
function shardProblems({ shards }: Engine, { lanes }: StatusSources['spool']): string[] {
  const problems: string[] = [];
  if (shards.length > 1) {
    shards.forEach(({ state }, index) => {
      if (state === 'ready') return;
      problems.push(`shard ${index + 1} is ${state}: its events wait in the spool, answers are without its rows`);
    });
  }
  for (const { name, shard, rows } of lanes) {
    if (shard <= shards.length || rows === 0) continue;
    problems.push(`${rows} rows in the spool's lane ${name} wait for a cluster with that shard`);
  }
  return problems;
}

/** What anybody who reaches the collector may know: nothing of paths, processes, addresses and error texts. */
export function publicStatus({
  schema,
  version,
  state,
  health,
  startedAt,
  engine,
  events,
  tables,
  spool,
  flush,
  lastMinute,
}: Status): object {
  return {
    schema,
    version,
    state,
    health,
    startedAt,
    engine: { kind: engine.kind, version: engine.version, state: engine.state },
    events,
    tables,
    spool,
    flush: { breaker: flush.breaker, strategy: flush.strategy },
    lastMinute,
  };
}

/** PostgreSQL was not there yet, or takes no batch any more. */
function storeProblems(
  { url, problem }: { url: string; problem: string },
  { counters, spool }: StatusSources,
): string[] {
  if (problem !== '') return [`the store cannot be used: ${problem}`];
  if (BREAKER_STATES[counters.read('flush_breaker_state')] === 'closed') return [];
  return [`the store ${url} takes no events, which wait in the spool: ${spool.lastFlushError}`];
}

function findProblems(sources: StatusSources): string[] {
  const { engine, counters, config, state, spool, furtherProblems } = sources;
  const problems: string[] = [...furtherProblems];
  if (engine.state !== 'ready' && state === 'running') {
    problems.push(`the engine is ${engine.state}${engine.problem === '' ? '' : `: ${engine.problem}`}`);
  }
  if (state === 'running') problems.push(...shardProblems(engine, spool));
  if (sources.store !== null) problems.push(...storeProblems(sources.store, sources));
  if (engine.container?.health === 'unhealthy') problems.push(`the container ${engine.container.name} is unhealthy`);
  const oldest = counters.read('spool_oldest_seconds');
  if (oldest > OLDEST_SECONDS_MAX) problems.push(`the oldest spooled event waits for ${Math.round(oldest)} s`);
  const bytes = counters.read('spool_bytes');
  if (bytes > config.spool.bytesMax * SPOOL_SHARE_MAX) {
    problems.push(`the spool holds ${bytes} of ${config.spool.bytesMax} bytes (spool.bytesMax)`);
  }
  const free = counters.read('spool_free_bytes');
  if (free < config.spool.freeBytesMin) {
    problems.push(`the disk has ${free} bytes free, events are refused below ${config.spool.freeBytesMin}`);
  }
  const quarantined = counters.read('spool_quarantined_total');
  if (quarantined > 0) problems.push(`${quarantined} damaged segments are in quarantine`);
  const excess = counters.read('flush_excess_rows_total');
  if (excess > 0) problems.push(`${excess} rows more than expected were found in the store`);
  return problems;
}
