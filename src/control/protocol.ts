import type { ContainerFigures, Engine, EngineState } from '../engine/engine.ts';

/** Rows of one table: each accepted one is stored, set aside, or in the spool. */
export interface TableStatus {
  readonly accepted: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly deadLettered: number;
}

/**
 * What the CLI and the daemon say to each other over `<home>/run/control.sock` (HTTP over a Unix socket, JSON).
 *
 *   GET  /status                          → Status
 *   POST /stop    {timeoutMs?}            → 202, then the daemon drains (in that time, else `stop.timeoutMs`) and exits
 *   POST /query   {sql, format?}          → {rows, columns} | error
 *   POST /sql     {sql, write?}           → NDJSON, `sql.ts`
 *   POST /ask     {question, params}      → the answer of `GET /v1/stats/<question>` with these parameters
 *   GET  /config                          → {config, origins}: the resolved configuration the daemon runs with
 *   GET  /metrics                         → {text}: what the collector answers there
 *   GET  /deadletters                     → {deadLetters: DeadLetter[]}
 *   POST /deadletters/replay {batches}    → {replayed: n}     ('all' or a list of batch names)
 *   POST /deadletters/drop   {batches}    → {dropped: n}
 *   GET  /stream                          → history and a tick a second as NDJSON (`stream.ts`), until the caller goes
 *   GET  /tasks?state&kind                → TaskList (`tasks.ts`)
 *   POST /tasks {kind, params?, secrets?} → TaskChange; only kinds that people may start; secrets stay in memory
 *   GET  /tasks/:id                       → TaskReport
 *   POST /tasks/:id/retry {secrets?}, /tasks/:id/cancel → TaskChange
 *   GET  /accounts, /accounts/:id         → AccountList, Account (`access.ts`)
 *   POST /accounts, /accounts/:id/change, /accounts/:id/remove → AccountChange
 *   POST /accounts/import {accounts}      → AccountsImported
 *   GET  /keys                            → KeyList, never a key itself
 *   POST /keys {kind, …}, /keys/:id/rotate {overlapMs} → KeyMade, the only answer with the text of a key
 *   POST /keys/:id/revoke                 → KeyRevoked
 *   GET  /audit?limit                     → {entries: AuditEntry[]}, the newest first
 *   GET  /links?account&host              → {links: Link[]}
 *   POST /links {from, to, account}       → Link; created, or led elsewhere
 *   POST /links/show {from}               → LinkHistory
 *   POST /links/disable {from}            → Link
 *   GET  /jurisdictions                   → {jurisdictions: Jurisdiction[]}
 *   POST /jurisdictions Jurisdiction      → Jurisdiction; replaced, or added
 *   POST /flush                           → 202; seals what is there now
 *   GET  /tail?filter=…                   → NDJSON, `tail.ts`
 *
 * Errors are `{error: {code, message, hints}}` with a matching HTTP status; `code` is an ErrorCode.
 */
export interface Status {
  readonly schema: 'trackflow.status/1';
  readonly version: string;
  readonly state: 'starting' | 'running' | 'stopping';
  /** `degraded` says why in `problems`; the state is still running. */
  readonly health: 'ok' | 'degraded';
  readonly problems: readonly string[];
  readonly pid: number;
  readonly url: string;
  /** Where reads, status and metrics are answered: a URL, or `unix:` and the path of a socket. */
  readonly readsUrl: string;
  readonly home: string;
  readonly startedAt: string;
  readonly engine: {
    readonly kind: Engine['kind'];
    readonly version: string;
    readonly state: EngineState;
    readonly pid: number;
    readonly url: string;
    /** Null where it runs in none, or Docker does not tell. What is not known is null in it. */
    readonly container: EngineContainer | null;
    /** The shards of a cluster, from 1; left out where there is but one. */
    readonly shards?: readonly ShardStatus[];
  };
  /** What keeps the events, where ClickHouse does not; its address is without a password. */
  readonly store?: { readonly kind: 'postgres'; readonly url: string };
  readonly events: {
    readonly accepted: number;
    readonly stored: number;
    readonly duplicates: number;
    readonly rejected: number;
    readonly deadLettered: number;
  };
  /** The other tables that rows are spooled for. */
  readonly tables: Readonly<Record<string, TableStatus>>;
  /** Of all tables together. */
  readonly spool: {
    readonly bytes: number;
    readonly segments: number;
    readonly oldestAgeSeconds: number;
    readonly rows: number;
    readonly quarantined: number;
  };
  readonly flush: {
    readonly breaker: 'closed' | 'open' | 'half-open';
    readonly lastError: string;
    readonly strategy: string;
  };
  /** Null before the daemon's first second. */
  readonly lastMinute: LastMinute | null;
}

export interface ShardStatus {
  readonly shard: number;
  readonly state: EngineState;
  /** Events in the spool that are its own. */
  readonly spooledRows: number;
}

/** A container as JSON can tell it. */
export type EngineContainer = Omit<ContainerFigures, Measured> & { readonly [Name in Measured]: number | null };
type Measured = 'cpuCores' | 'memoryBytes' | 'memoryBytesMax' | 'pids';

/** Figures of the last minute, or of the seconds there were. Counts are per second. */
export interface LastMinute {
  readonly seconds: number;
  readonly accepted: number;
  readonly stored: number;
  readonly rejected: number;
  readonly refused: number;
  readonly receivedBytes: number;
  /** From a complete request to its answer; null when none was answered. */
  readonly ackP50Ms: number | null;
  readonly ackP99Ms: number | null;
  /** From an acknowledgement to the moment a query finds the event; null when it was not measured. */
  readonly lagMs: number | null;
}

/** A statistic of `src/query/stats`, by its name in `/v1/stats/`. */
export type StatsQuestion = 'totals' | 'timeseries' | 'top';

export interface DeadLetter {
  /** Name of the batch: 16 hexadecimal digits, also its file name. */
  readonly batch: string;
  readonly lane: string;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: string;
  readonly at: string;
}

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** In the order of the SELECT list. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Shards that are away and whose rows are missing, from 1; left out where none is. */
  readonly missingShards?: readonly number[];
}
