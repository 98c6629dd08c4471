import type { SourceFigures } from '../../src/control/stream.ts';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import { BUCKETS, bucketOf, percentile } from './histogram.ts';

/** What one collector saw of one source in an interval. Structured-clonable. */
export interface SourceDelta extends Omit<SourceFigures, 'p50Ms' | 'p99Ms'> {
  /** Answers per bucket of `LATENCY_BOUNDS_MS`, one for each event. */
  readonly latency: Float64Array;
}

type Source = { -readonly [Key in keyof SourceDelta]: SourceDelta[Key] };

/** Sources that are told apart in one answer; the others are one, named `*`. */
const TOLD_MAX = 200;
/** Sources that are told apart while counting. Hostile names cannot grow it. */
const KEPT_MAX = 1_000;
const REST_NAME = '*';
/** Longest text of a name that was refused: of taken ones the validation has seen to it. */
const TEXT_MAX = 128;

/**
 * Figures per account and event name since the last `take`, in bounded memory (`KEPT_MAX` sources of 0.5 KB). Beyond that
 * what comes is counted under the name `*` of no account.
 */
export class Sources {
  #sources = new Map<string, Source>();

  accepted(account: string, name: string, bytes: number, tookMs: number, at: number): void {
    const source = this.#of(account, name);
    source.events += 1;
    source.bytes += bytes;
    source.latency[bucketOf(tookMs)]! += 1;
    source.lastSeenAt = at;
  }

  duplicate(account: string, name: string, at: number): void {
    const source = this.#of(account, name);
    source.duplicates += 1;
    source.lastSeenAt = at;
  }

  /** `account` and `name` as sent, whatever they are. */
  rejected(account: unknown, name: unknown, at: number): void {
    const source = this.#of(account === undefined ? DEFAULT_ACCOUNT : textOf(account), textOf(name));
    source.rejected += 1;
    source.lastSeenAt = at;
  }

  /** Adds what another one counted. */
  add(delta: SourceDelta): void {
    addTo(this.#of(delta.account, delta.name), delta);
  }

  /** What was counted, the largest first, and begins anew. */
  take(): SourceDelta[] {
    const sorted = [...this.#sources.values()].sort((a, b) => weight(b) - weight(a));
    this.#sources = new Map();
    if (sorted.length <= TOLD_MAX) return sorted;
    const rest = emptySource('', REST_NAME);
    for (const source of sorted.slice(TOLD_MAX)) addTo(rest, source);
    return [...sorted.slice(0, TOLD_MAX), rest];
  }

  #of(account: string, name: string): Source {
    const key = `${account}\n${name}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= KEPT_MAX && name !== REST_NAME) return this.#of('', REST_NAME);
    const source = emptySource(account, name);
    this.#sources.set(key, source);
    return source;
  }
}

/** As the control stream tells it. */
export function sourceFigures({ latency, ...source }: SourceDelta): SourceFigures {
  return { ...source, p50Ms: known(percentile(latency, 0.5)), p99Ms: known(percentile(latency, 0.99)) };
}

function emptySource(account: string, name: string): Source {
  const latency = new Float64Array(BUCKETS);
  return { account, name, events: 0, bytes: 0, rejected: 0, duplicates: 0, lastSeenAt: 0, latency };
}

function addTo(source: Source, delta: SourceDelta): void {
  source.events += delta.events;
  source.bytes += delta.bytes;
  source.rejected += delta.rejected;
  source.duplicates += delta.duplicates;
  source.lastSeenAt = Math.max(source.lastSeenAt, delta.lastSeenAt);
  for (let bucket = 0; bucket < BUCKETS; bucket++) source.latency[bucket]! += delta.latency[bucket]!;
}

function weight({ events, rejected, duplicates }: SourceDelta): number {
  return events + rejected + duplicates;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : '';
}

function known(ms: number): number | null {
  return Number.isNaN(ms) ? null : Math.round(ms * 10) / 10;
}
