import { LATENCY_BOUNDS_MS } from '../../src/control/stream.ts';
import { REJECTION_REASONS, type RejectionReason } from '../../src/event/rejection.ts';
import { TABLE_NAMES } from '../../src/event/tables.ts';

/**
 * Every event inside the daemon that gets a line in its log, by name, and what it means. Each has a counter of its own,
 * `log_events_total{event="…"}`, which counts it also where `log.level` keeps it out of the file.
 */
export const INTERNAL_EVENTS = {
  starting: 'the daemon starts',
  listening: 'events are taken',
  telemetry_not_saved: 'the rings of the dashboard could not be saved',
  state_failed: 'state.db could not be written or read',
  collector_failed: 'a collector thread ended with an error',
  collector_restart: 'a collector thread ended and is started again',
  request_defect: 'a request failed for a defect of ours',
  message_defect: 'a WebSocket message failed for a defect of ours',
  path_credentials: 'user and password were sent in a path, which logs and histories keep',
  read_failed: 'a read was answered with 5xx',
  read_defect: 'a read failed for a defect of ours',
  spool_recovered: 'the spool was read at the start',
  spool_quarantined: 'a damaged segment was set aside',
  spool_failed: 'the disk could not confirm a write: the daemon ends',
  spool_keys_forgotten: 'client ids left the deduplication window early',
  flush_insert: 'a batch was inserted',
  flush_insert_refused: 'ClickHouse said no to an insert',
  flush_insert_unknown: 'an insert ended without an answer',
  flush_waiting: 'the flush waits before it tries again',
  flush_split: 'a refused batch was halved',
  flush_dead_lettered: 'rows that ClickHouse refuses were set aside',
  flush_excess_rows: 'more rows of a batch than expected were found',
  schema_failed: 'the schema could not be brought up to date',
  store_ready: 'PostgreSQL answers, and its schema is that of this version',
  store_failed: 'the PostgreSQL that keeps the events cannot be used',
  engine_starting: 'the engine starts',
  engine_ready: 'the engine answers',
  engine_down: 'the engine answers no more',
  engine_stopped: 'the engine was stopped',
  engine_ended: 'the process of the engine ended by itself',
  engine_unusable: 'the server at engine.url, Docker or the container cannot be used; fields say why',
  engine_port_taken: 'the port of the engine is taken by somebody else',
  engine_container_started: 'the container of the engine was started',
  engine_container_died: 'the container of the engine ended',
  engine_container_oom: 'a process in the container of the engine was killed for want of memory',
  engine_container_restarted: 'the container of the engine runs again',
  engine_container_unhealthy: 'the health check of the container fails',
  engine_container_healthy: 'the health check of the container succeeds',
  engine_container_not_stopped: 'the container of the engine could not be stopped',
  task_started: 'an attempt of a task began',
  task_done: 'a task came to its end',
  task_cancelled: 'a task was cancelled',
  task_stopped: 'a task was put off, because the daemon stops',
  task_interrupted: 'a task was under way when the daemon ended',
  task_retried: 'an attempt failed, another follows',
  task_failed: 'the last attempt failed',
  retention_dropped: 'retention dropped a month',
  retention_deleted: 'retention deleted rows of a month',
  move_prepared: 'the engine that data is carried to is up',
  move_left_behind: 'tables that are not of the schema are not carried',
  move_copied: 'a partition was carried to the other engine',
  move_proven: 'both engines hold the same rows',
  move_mismatch: 'a partition differs after it was carried: the move is given up',
  moved: 'the data lies in another engine from now on',
  reopening: 'the daemon opens anew with another engine or store',
  cutover_prepared: 'the engine has empty tables for the events that PostgreSQL keeps',
  cutover_proven: 'PostgreSQL and ClickHouse hold the same rows',
  cutover_done: 'ClickHouse keeps the events; what PostgreSQL has of them is kept there',
  accounts_read: 'accounts of another database have changed',
  accounts_away: 'the database of the accounts cannot be read; those known go on',
  certificate_replaced: 'another TLS certificate is in force',
  certificate_failed: 'the TLS certificate could not be renewed or read again; the old one goes on',
  certificate_expiring: 'the TLS certificate ends soon',
  migration_retried: 'a side of a migration failed for a moment; the chunk is tried again',
  migration_log_lost: "the log of a migration's source cannot be followed any more; what has a key is followed by that",
  salts_destroyed: 'salts of days that are over were destroyed',
} as const;

export type InternalEvent = keyof typeof INTERNAL_EVENTS;

/**
 * Every number the daemon counts, by name. The name is the Prometheus metric without the prefix `trackflow_`; a label
 * stands in braces. One slot per entry in the shared counter memory (`counters.ts`); the order carries no meaning.
 *
 * Counters only grow within one run; `persisted` ones go on where the last run ended.
 */

export const COUNTERS = [
  ...(Object.keys(INTERNAL_EVENTS) as InternalEvent[]).map((event) => `log_events_total{event="${event}"}` as const),
  'receive_requests_total{code="2xx"}',
  'receive_requests_total{code="3xx"}',
  'receive_requests_total{code="4xx"}',
  'receive_requests_total{code="5xx"}',
  /** Closed at once, as their address held as many as it may. */
  'receive_connections_refused_total',
  'receive_bytes_total',
  'receive_websocket_messages_total',
  ...TABLE_NAMES.flatMap(
    (table) => [`${table}_accepted_total`, `${table}_stored_total`, `${table}_duplicate_total`] as const,
  ),
  ...(Object.keys(REJECTION_REASONS) as RejectionReason[]).map(
    (reason) => `events_rejected_total{reason="${reason}"}` as const,
  ),
  'events_refused_total{reason="spool_full"}',
  'events_refused_total{reason="disk_full"}',
  'events_refused_total{reason="stopping"}',
  'events_refused_total{reason="overload"}',
  'events_refused_total{reason="rate_limited"}',
  'enrich_time_clamped_total',
  'enrich_properties_overflowed_total',
  'spool_commits_total',
  'spool_commit_seconds_total',
  'spool_bytes_written_total',
  'spool_quarantined_total',
  'flush_inserts_total{outcome="stored"}',
  'flush_inserts_total{outcome="refused"}',
  'flush_inserts_total{outcome="unknown"}',
  'flush_insert_seconds_total',
  /** Rows of the inserts that were answered with success, repetitions included. */
  'flush_inserted_rows_total',
  'flush_verifications_total',
  'flush_excess_rows_total',
  'flush_splits_total',
  'engine_restarts_total',
  /** Batches and probes whose lag was measured. */
  'lag_measurements_total',
] as const;

export type CounterName = (typeof COUNTERS)[number];

export const GAUGES = [
  /** Rows set aside or dropped; replaying takes them off again. */
  ...TABLE_NAMES.map((table) => `${table}_dead_lettered` as const),
  'receive_connections',
  'receive_websockets',
  'receive_inflight_bytes',
  'spool_bytes',
  'spool_segments',
  'spool_rows',
  'spool_oldest_seconds',
  'spool_free_bytes',
  /** 0 closed, 1 half-open, 2 open. */
  'flush_breaker_state',
  /** 0 starting, 1 ready, 2 down, 3 stopped. */
  'engine_state',
  'ready',
  /** When rows were last made durable, and when a batch was last stored; 0 before the first. */
  'spool_last_commit_timestamp_seconds',
  'flush_last_timestamp_seconds',
  /** From the commit of a batch's oldest row to the moment a query finds it (`lag.ts`). */
  'lag_seconds',
  /** 99th percentile of how late the event loop of a thread was in the last second; the worst thread's. */
  'process_loop_delay_p99_seconds',
  /** Of all threads; 1 is one core. */
  'process_cpu_cores',
  'process_resident_bytes',
  'process_open_files',
  'engine_cpu_cores',
  'engine_resident_bytes',
  'engine_memory_bytes',
  'engine_parts',
  'engine_merges',
  'engine_table_rows',
  'engine_table_bytes',
  /** Of the engine's container; NaN where there is none. Its memory and CPU are those of the engine. */
  'engine_container_memory_max_bytes',
  'engine_container_pids',
  /** 0 no health check, 1 starting, 2 healthy, 3 unhealthy. */
  'engine_container_health',
  'host_cpu_share',
  'host_memory_used_bytes',
  'host_disk_free_bytes',
  /** Distinct visitors of the last five minutes, give or take 2 %. */
  'visitors_live',
  /** How long one sample of all this holds the main thread; mean of the minute. */
  'telemetry_sample_seconds',
] as const;

export type GaugeName = (typeof GAUGES)[number];

/** Gauges whose whole is the worst of the threads, not the sum. */
export const WORST_GAUGES: ReadonlySet<string> = new Set<GaugeName>(['process_loop_delay_p99_seconds']);

/** Distributions of durations: name and upper bounds of the buckets in milliseconds, the last of which is open. */
export const HISTOGRAMS = {
  /** From the complete request or WebSocket message to its answer. */
  receive_ack_seconds: LATENCY_BOUNDS_MS,
} as const;

export type HistogramName = keyof typeof HISTOGRAMS;
