import { TABLE_NAMES } from '../../src/event/tables.ts';
import { COUNTERS, type CounterName } from './catalogue.ts';
import type { Counters } from './counters.ts';
import { BUCKETS } from './histogram.ts';

/** What the figures are told with besides the counters. */
export interface FiguresContext {
  readonly healthStatus: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Rows accepted per second in the last minute, or in the seconds there were. */
  readonly eventsPerSecond: number;
  readonly now: number;
}

const NS_PER_MS = 1e6;
const MS_PER_SECOND = 1_000;
const BYTES_PER_MB = 1e6;
const REFUSALS = COUNTERS.filter((name) => /^events_(?:rejected|refused)_total/.test(name));

/**
 * The figures in the shape that sfproductlabs/tracker tells them in (reference/seed-systems.md 2.11), for what asks for JSON.
 * Averages are averages; what is queued falls when it was stored. There are no messages and campaigns here: their counts are 0.
 */
export function jsonFigures(counters: Counters, context: FiguresContext): object {
  const { healthStatus, startedAt, eventsPerSecond, now } = context;
  const sum = (names: readonly CounterName[]) => names.reduce((total, name) => total + counters.read(name), 0);
  const events = sum(TABLE_NAMES.map((table) => `${table}_accepted_total` as const));
  const errors = sum(REFUSALS);
  const counts = new Float64Array(BUCKETS);
  const latencyMs = counters.readHistogram('receive_ack_seconds', counts);
  const answers = counts.reduce((total, count) => total + count, 0);
  const batches = counters.read('flush_inserts_total{outcome="stored"}');
  const failed = sum(['flush_inserts_total{outcome="refused"}', 'flush_inserts_total{outcome="unknown"}']);
  const items = counters.read('flush_inserted_rows_total');
  const flushMs = counters.read('flush_insert_seconds_total') * MS_PER_SECOND;
  const lastFlush = counters.read('flush_last_timestamp_seconds');
  const successRate = batches + failed === 0 ? 1 : batches / (batches + failed);
  const itemsPerBatch = ratio(items, batches);
  return {
    metrics: {
      event_count: events,
      error_count: errors,
      campaign_events: 0,
      mthreads_ops: 0,
      mstore_ops: 0,
      mtriage_ops: 0,
      total_latency_ns: Math.round(latencyMs * NS_PER_MS),
      last_processed_unix: Math.floor(counters.read('spool_last_commit_timestamp_seconds')),
      connection_count: counters.read('receive_connections') + counters.read('receive_websockets'),
      health_status: healthStatus,
      start_time_unix: Math.floor(startedAt / MS_PER_SECOND),
    },
    batching: {
      enabled: true,
      total_batches: batches,
      total_items: items,
      failed_batches: failed,
      avg_batch_size: rounded(itemsPerBatch),
      avg_flush_latency_ms: rounded(ratio(flushMs, batches + failed)),
      queued_items: counters.read('spool_rows'),
      memory_usage_mb: rounded(counters.read('spool_bytes') / BYTES_PER_MB),
      last_flush_time: lastFlush === 0 ? null : new Date(lastFlush * MS_PER_SECOND).toISOString(),
      batch_success_rate: rounded(successRate),
      events_per_second: eventsPerSecond,
    },
    calculated: {
      avg_latency_ms: rounded(ratio(latencyMs, answers)),
      error_rate: rounded(ratio(errors, events + errors)),
      uptime_seconds: Math.floor((now - startedAt) / MS_PER_SECOND),
      events_per_second: eventsPerSecond,
      batch_success_rate: rounded(successRate),
      avg_items_per_batch: rounded(itemsPerBatch),
    },
    timestamp: new Date(now).toISOString(),
  };
}

/** Whether a client names JSON; who takes anything gets what is usual at that path. */
export function asksForJson(accept: string): boolean {
  return accept.includes('application/json');
}

function ratio(of: number, to: number): number {
  return to === 0 ? 0 : of / to;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
