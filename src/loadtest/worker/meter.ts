/**
 * What a worker counts in a second, and its histograms. Everything is counted in the second in which it happens: a request is
 * sent in one and answered in another, so only the sums over all seconds match.
 *
 * Always true: outcomes are disjoint, and over a whole run as many as requests were sent. What was sent again on purpose is
 * in `resent` and `duplicates` and in nothing else. Reasons are bounded: a collector that makes them up is counted as
 * `other`.
 */
import type { HealthWatch } from '../measure/health.ts';
import { LatencyHistogram } from '../measure/histogram.ts';
import { OUTCOMES, type Outcome } from '../measure/outcome.ts';
import type { Verdict } from '../send/answer.ts';
import type { Exchange } from './exchange.ts';
import { type EventCounts, ON_TIME_MS, type RequestCounts, type WorkerTick } from './messages.ts';

const REASONS_MAX = 32;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Meter {
  readonly #worker: number;
  readonly #warmupMs: number;
  readonly #health: HealthWatch;
  readonly #latency = new LatencyHistogram();
  readonly #service = new LatencyHistogram();
  readonly #failureLatency = new LatencyHistogram();
  #requests = noRequests();
  #outcomes = noOutcomes();
  #events = noEvents();
  #rejectedBy = new Map<string, number>();

  constructor(worker: number, warmupMs: number, health: HealthWatch) {
    this.#worker = worker;
    this.#warmupMs = warmupMs;
    this.#health = health;
  }

  /** Whether anything was counted since the last take. */
  get isEmpty(): boolean {
    const { scheduled, sent } = this.#requests;
    return scheduled === 0 && sent === 0 && OUTCOMES.every((outcome) => this.#outcomes[outcome] === 0);
  }

  scheduled(): void {
    this.#requests.scheduled++;
  }

  sent({ intendedMs, sentMs, count, bytes }: Exchange): void {
    this.#requests.sent++;
    if (sentMs - intendedMs > ON_TIME_MS) this.#requests.late++;
    this.#events.sent += count;
    this.#events.bytes += bytes;
  }

  settled({ intendedMs, sentMs, count }: Exchange, verdict: Verdict, nowMs: number): void {
    this.#outcomes[verdict.outcome]++;
    this.#countEvents(verdict, count);
    // What was due in the warm-up and is answered after it belongs to neither.
    if (intendedMs < this.#warmupMs && nowMs >= this.#warmupMs) return;
    // One that left a little early is not faster for it.
    const latencyMs = nowMs - Math.min(intendedMs, sentMs);
    if (verdict.outcome === 'accepted') {
      this.#latency.record(latencyMs);
      this.#service.record(nowMs - sentMs);
    } else {
      this.#failureLatency.record(latencyMs);
    }
  }

  /** The answer to a request that was sent again: how many of its events are duplicates by right, and by the answer. */
  resent(events: number, duplicates: number): void {
    this.#events.resent += events;
    this.#events.duplicates += duplicates;
  }

  /** The second's figures; counting begins anew. */
  take(second: number, waiting: number): WorkerTick {
    const tick: WorkerTick = {
      type: 'tick',
      worker: this.#worker,
      second,
      requests: { ...this.#requests, waiting, outcomes: this.#outcomes },
      events: { ...this.#events, rejectedBy: Object.fromEntries(this.#rejectedBy) },
      latency: this.#latency.encode(),
      service: this.#service.encode(),
      failureLatency: this.#failureLatency.encode(),
      health: this.#health.take(),
    };
    this.#latency.reset();
    this.#service.reset();
    this.#failureLatency.reset();
    this.#requests = noRequests();
    this.#outcomes = noOutcomes();
    this.#events = noEvents();
    this.#rejectedBy = new Map();
    return tick;
  }

  #countEvents({ states, reasons, reason }: Verdict, count: number): void {
    if (typeof states === 'string') {
      if (states !== 'unsent') this.#events[states] += count;
    } else {
      for (const state of states) if (state !== 'unsent') this.#events[state]++;
    }
    for (const of of reasons) this.#countReason(of, 1);
    if (reason !== '') this.#countReason(reason, count);
  }

  #countReason(reason: string, count: number): void {
    const counts = this.#rejectedBy;
    const name = counts.has(reason) || counts.size < REASONS_MAX ? reason : 'other';
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
}

function noRequests(): Mutable<Omit<RequestCounts, 'waiting' | 'outcomes'>> {
  return { scheduled: 0, sent: 0, late: 0 };
}

function noOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}

function noEvents(): Mutable<Omit<EventCounts, 'rejectedBy'>> {
  return { sent: 0, acknowledged: 0, rejected: 0, unknown: 0, resent: 0, duplicates: 0, bytes: 0 };
}
