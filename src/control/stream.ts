/**
 * The control stream: what `trackflow dash` (and whoever watches) gets from `GET /stream` over the control socket, as
 * NDJSON. The first line is the `StreamHistory`, then comes one `StreamTick` a second. Unknown fields and line types are
 * to be ignored; `schema` changes when the meaning of a field does.
 *
 * Nobody connected costs nothing but the rings: no JSON is made. Fields with `?` in the history and the state are those that
 * daemons before them do not send.
 */
import type { StorageReport } from './storage.ts';

export const STREAM_SCHEMA = 'trackflow.stream/1';

/** How the seconds of a series become one point of a coarser ring. */
export type SeriesKind =
  /** Things per second: the mean. */
  | 'rate'
  /** A level: the last value. */
  | 'level'
  /** Something whose worst matters: the maximum. */
  | 'worst';

/**
 * Every number over time, in the order of `values` in ticks and rings. Units last in the name; rates are per second.
 * Where a figure is not known (the engine is down, a platform does not tell) it is null.
 */
export const SERIES = {
  accepted: 'rate',
  stored: 'rate',
  duplicates: 'rate',
  rejected: 'rate',
  /** Events refused with 503: spool full, disk full, overload, stopping. */
  refused: 'rate',
  requests_2xx: 'rate',
  requests_4xx: 'rate',
  requests_5xx: 'rate',
  received_bytes: 'rate',
  websocket_messages: 'rate',
  commits: 'rate',
  inserts: 'rate',
  inserted_rows: 'rate',
  flush_failures: 'rate',
  /** Time of an answer, from the complete request to its answer, of the last interval. */
  ack_p50_ms: 'worst',
  ack_p90_ms: 'worst',
  ack_p99_ms: 'worst',
  ack_p999_ms: 'worst',
  commit_ms: 'worst',
  insert_ms: 'worst',
  /**
   * From the acknowledgement of an event to the moment a query finds it: of the oldest event of each batch. While the
   * flush stands still, the age of what waits. Null while there is nothing to measure.
   */
  lag_ms: 'worst',
  spool_rows: 'level',
  spool_bytes: 'level',
  spool_segments: 'level',
  spool_oldest_seconds: 'worst',
  dead_lettered: 'level',
  connections: 'level',
  websockets: 'level',
  inflight_bytes: 'level',
  /** 1 is one core. */
  daemon_cpu: 'worst',
  daemon_rss_bytes: 'level',
  loop_p99_ms: 'worst',
  open_files: 'level',
  engine_cpu: 'worst',
  engine_rss_bytes: 'level',
  engine_memory_bytes: 'level',
  engine_parts: 'level',
  engine_merges: 'level',
  /** 1 is all cores. */
  host_cpu: 'worst',
  host_memory_used_bytes: 'level',
  disk_free_bytes: 'level',
  /** Of the table of events; bytes on disk. */
  table_rows: 'level',
  table_bytes: 'level',
  /** Distinct visitors of the last five minutes. */
  live_visitors: 'level',
} as const satisfies Record<string, SeriesKind>;

export type SeriesName = keyof typeof SERIES;
export const SERIES_NAMES = Object.keys(SERIES) as readonly SeriesName[];

/** Rings: seconds of one point, and how many points are kept. */
export const RINGS = [
  { stepSeconds: 1, points: 900 },
  { stepSeconds: 10, points: 2_160 },
  { stepSeconds: 60, points: 2_880 },
] as const;

/**
 * Upper bounds of the latency buckets in milliseconds (the last one is open): a factor of √2 apart, so a percentile read
 * from them is wrong by less than 20 %.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 36 }, (_, index) => 0.25 * 2 ** (index / 2));

export interface RingPoints {
  readonly stepSeconds: number;
  /** End of the newest point, milliseconds since the epoch. */
  readonly endsAt: number;
  /** One array per series, oldest first, all of one length; null is a gap. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Counts of the answers per latency bucket and point: sparse pairs `[bucket, count, …]`, oldest first. */
  readonly latency: readonly (readonly number[])[];
}

/** One source of events: an account and an event name. Figures of the last interval. */
export interface SourceFigures {
  readonly account: string;
  readonly name: string;
  readonly events: number;
  readonly bytes: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
}

export interface LogEntry {
  /** Grows by one; a gap means that entries were left out. */
  readonly id: number;
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly step: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A task as lists show it. */
export interface TaskFigures {
  readonly id: string;
  readonly kind: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1, null when it cannot be known. */
  readonly progress: number | null;
  readonly step: string;
  readonly error: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Next run of a recurring one. */
  readonly nextAt: string | null;
  /** What its kind says of it while it runs; by its `kind`, see `migration.ts`. Daemons before this do not send it. */
  readonly detail?: object | null;
}

/** A recurring kind of task; `nextAt` is ISO 8601, in UTC. */
export interface TaskSchedule {
  readonly kind: string;
  readonly everySeconds: number;
  readonly nextAt: string;
}

/** What is not a number over time; sent when it changed. */
export interface StreamState {
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  readonly url: string;
  readonly startedAt: number;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly problems: readonly string[];
  readonly engine: {
    readonly kind: string;
    readonly version: string;
    readonly state: string;
    readonly restarts: number;
    /** Of a cluster, in their order; left out where there is but one. */
    readonly shards?: readonly string[];
    /** Null where it runs in none. What it uses is in the series of the engine. */
    readonly container?: {
      readonly name: string;
      readonly image: string;
      readonly status: string;
      readonly health: string;
      readonly memoryBytesMax: number | null;
    } | null;
  };
  readonly breaker: 'closed' | 'half-open' | 'open';
  readonly lastFlushError: string;
  readonly strategy: string;
  readonly limits: {
    readonly spoolBytesMax: number;
    readonly freeBytesMin: number;
    readonly engineMemoryBytesMax: number | null;
    readonly hostMemoryBytes: number;
    readonly diskBytes: number;
    readonly cores: number;
    readonly openFilesMax: number | null;
  };
  /** When the disk is full at the present rate, milliseconds since the epoch; null when it is not filling. */
  readonly diskFullAt: number | null;
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly retention?: {
    /** Days that events are kept; 0 is for ever. */
    readonly days: number;
    /** When older ones are deleted next; null where they never are. */
    readonly nextAt: string | null;
  };
  readonly schedules?: readonly TaskSchedule[];
}

export interface StreamHistory {
  readonly type: 'history';
  readonly schema: typeof STREAM_SCHEMA;
  readonly at: number;
  readonly series: readonly SeriesName[];
  readonly rings: readonly RingPoints[];
  readonly state: StreamState;
  readonly sources: readonly SourceFigures[];
  readonly tasks: readonly TaskFigures[];
  /** The newest entries of level warn and above, oldest first. */
  readonly log: readonly LogEntry[];
  /**
   * The newest entries below warn that the daemon's log takes (`log.level`), oldest first. Their ids are a sequence of
   * their own.
   */
  readonly info?: readonly LogEntry[];
  readonly storage?: StorageReport;
}

export interface StreamTick {
  readonly type: 'tick';
  readonly at: number;
  readonly values: readonly (number | null)[];
  /** `[bucket, count, …]` */
  readonly latency: readonly number[];
  readonly sources: readonly SourceFigures[];
  readonly state?: StreamState;
  readonly tasks?: readonly TaskFigures[];
  readonly log?: readonly LogEntry[];
  readonly info?: readonly LogEntry[];
  /** When it changed. */
  readonly storage?: StorageReport;
}

export type StreamLine = StreamHistory | StreamTick;
