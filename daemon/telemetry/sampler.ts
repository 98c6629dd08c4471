import { SERIES_NAMES, type SeriesName } from '../../src/control/stream.ts';
import { COUNTERS, type CounterName, type GaugeName } from './catalogue.ts';
import type { Counters } from './counters.ts';
import { BUCKETS, percentile } from './histogram.ts';
import { emptySample, type Sample } from './rings.ts';

/** What happened since the sample before, and how things are now. */
interface Interval {
  /** Growth of a counter (or of several) per second. */
  rate(...names: CounterName[]): number;
  gauge(name: GaugeName): number;
  /** Mean milliseconds of what `seconds` sums and `count` counts; NaN when there was nothing. */
  mean(seconds: CounterName, ...counts: CounterName[]): number;
  percentile(share: number): number;
}

const named = (prefix: string) => COUNTERS.filter((name) => name.startsWith(`${prefix}{`));
const REJECTED = named('events_rejected_total');
const REFUSED = named('events_refused_total');
const INSERTS = named('flush_inserts_total');

/** Where each series comes from. */
const SOURCES: Record<SeriesName, (interval: Interval) => number> = {
  accepted: ({ rate }) => rate('events_accepted_total'),
  stored: ({ rate }) => rate('events_stored_total'),
  duplicates: ({ rate }) => rate('events_duplicate_total'),
  rejected: ({ rate }) => rate(...REJECTED),
  refused: ({ rate }) => rate(...REFUSED),
  requests_2xx: ({ rate }) => rate('receive_requests_total{code="2xx"}'),
  requests_4xx: ({ rate }) => rate('receive_requests_total{code="4xx"}'),
  requests_5xx: ({ rate }) => rate('receive_requests_total{code="5xx"}'),
  received_bytes: ({ rate }) => rate('receive_bytes_total'),
  websocket_messages: ({ rate }) => rate('receive_websocket_messages_total'),
  commits: ({ rate }) => rate('spool_commits_total'),
  inserts: ({ rate }) => rate(...INSERTS),
  inserted_rows: ({ rate }) => rate('flush_inserted_rows_total'),
  flush_failures: ({ rate }) =>
    rate('flush_inserts_total{outcome="refused"}', 'flush_inserts_total{outcome="unknown"}'),
  ack_p50_ms: (interval) => interval.percentile(0.5),
  ack_p90_ms: (interval) => interval.percentile(0.9),
  ack_p99_ms: (interval) => interval.percentile(0.99),
  ack_p999_ms: (interval) => interval.percentile(0.999),
  commit_ms: ({ mean }) => mean('spool_commit_seconds_total', 'spool_commits_total'),
  insert_ms: ({ mean }) => mean('flush_insert_seconds_total', ...INSERTS),
  lag_ms: lag,
  spool_rows: ({ gauge }) => gauge('spool_rows'),
  spool_bytes: ({ gauge }) => gauge('spool_bytes'),
  spool_segments: ({ gauge }) => gauge('spool_segments'),
  spool_oldest_seconds: ({ gauge }) => gauge('spool_oldest_seconds'),
  dead_lettered: ({ gauge }) => gauge('events_dead_lettered'),
  connections: ({ gauge }) => gauge('receive_connections'),
  websockets: ({ gauge }) => gauge('receive_websockets'),
  inflight_bytes: ({ gauge }) => gauge('receive_inflight_bytes'),
  daemon_cpu: ({ gauge }) => gauge('process_cpu_cores'),
  daemon_rss_bytes: ({ gauge }) => gauge('process_resident_bytes'),
  loop_p99_ms: ({ gauge }) => gauge('process_loop_delay_p99_seconds') * 1_000,
  open_files: ({ gauge }) => gauge('process_open_files'),
  engine_cpu: ({ gauge }) => gauge('engine_cpu_cores'),
  engine_rss_bytes: ({ gauge }) => gauge('engine_resident_bytes'),
  engine_memory_bytes: ({ gauge }) => gauge('engine_memory_bytes'),
  engine_parts: ({ gauge }) => gauge('engine_parts'),
  engine_merges: ({ gauge }) => gauge('engine_merges'),
  host_cpu: ({ gauge }) => gauge('host_cpu_share'),
  host_memory_used_bytes: ({ gauge }) => gauge('host_memory_used_bytes'),
  disk_free_bytes: ({ gauge }) => gauge('host_disk_free_bytes'),
  table_rows: ({ gauge }) => gauge('engine_table_rows'),
  table_bytes: ({ gauge }) => gauge('engine_table_bytes'),
  live_visitors: ({ gauge }) => gauge('visitors_live'),
};
const SOURCE_OF = SERIES_NAMES.map((name) => SOURCES[name]);

/**
 * The lag of what was stored in this interval; a row that waits for longer than the last lag has one of at least its age,
 * so that a flush that stands still shows. NaN when there is neither.
 */
function lag({ rate, gauge }: Interval): number {
  const measured = gauge('lag_seconds') * 1_000;
  const waiting = gauge('spool_oldest_seconds') * 1_000;
  if (waiting > measured) return waiting;
  return rate('lag_measurements_total') > 0 ? measured : Number.NaN;
}

/**
 * Turns counters that only grow into what happened since the last call.
 *
 * Always true: the rates of all samples, each times the seconds it stands for, add up to the counters' growth since the
 * start: nothing is scaled by a timer's jitter.
 */
export class Sampler {
  readonly #counters: Counters;
  readonly #before = new Map<CounterName, number>();
  readonly #delta = new Map<CounterName, number>();
  readonly #countsBefore = new Float64Array(BUCKETS);
  readonly #counts = new Float64Array(BUCKETS);
  readonly #sample = emptySample();

  constructor(counters: Counters) {
    this.#counters = counters;
    this.take(1);
  }

  /** The sample of the last `seconds` (whole, at least one). It is overwritten by the next call. */
  take(seconds: number): Sample {
    const counters = this.#counters;
    for (const name of COUNTERS) {
      const value = counters.read(name);
      this.#delta.set(name, value - (this.#before.get(name) ?? 0));
      this.#before.set(name, value);
    }
    counters.readHistogram('receive_ack_seconds', this.#counts);
    const { latency, values } = this.#sample;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      latency[bucket] = this.#counts[bucket]! - this.#countsBefore[bucket]!;
      this.#countsBefore[bucket] = this.#counts[bucket]!;
    }
    const grown = (names: readonly CounterName[]) => names.reduce((sum, name) => sum + this.#delta.get(name)!, 0);
    const interval: Interval = {
      rate: (...names) => grown(names) / seconds,
      gauge: (name) => counters.read(name),
      mean: (total, ...counts) => (this.#delta.get(total)! * 1_000) / (grown(counts) || Number.NaN),
      percentile: (share) => percentile(latency, share),
    };
    for (let series = 0; series < values.length; series++) values[series] = SOURCE_OF[series]!(interval);
    return this.#sample;
  }
}
