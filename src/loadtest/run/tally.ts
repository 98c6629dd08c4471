/**
 * What the workers counted, of a whole run.
 *
 * Promises: figures of the measured time leave the warm-up out; answers that come after the last event was sent belong to
 * it. Histograms are added, percentiles never. Always true: a second is open until every worker has told of it, or of a
 * later one, for `OPEN_SECONDS`; then only its figures stay. Bounded by the longest plan, a day of seconds.
 */
import { LatencyHistogram } from '../measure/histogram.ts';
import { OUTCOMES, type Outcome } from '../measure/outcome.ts';
import { Intensity } from '../plan/intensity.ts';
import type { LoadPlan } from '../plan/plan.ts';
import type { GeneratorFigures, LoadFigures, SecondFigures } from '../report/report.ts';
import type { GeneratorHealth, WorkerTick } from '../worker/messages.ts';

const SECOND_MS = 1_000;
/** Ticks of several workers for one second come within this many seconds. */
const OPEN_SECONDS = 3;
/** Of a run's seconds, the share that the generator's delay may exceed: one bad second does not spoil a long run. */
const LOOP_SECONDS_SHARE = 0.95;
/** A server that makes up reasons cannot make us keep them all. */
const REASONS_MAX = 50;

/** The part of a report's second that the workers tell. */
export type SecondTally = Pick<
  SecondFigures,
  'second' | 'scheduled' | 'sent' | 'acknowledged' | 'failed' | 'p50' | 'p99' | 'generatorCpu'
>;

export class Tally {
  /** Of the measured time. */
  readonly latency = new LatencyHistogram();
  readonly service = new LatencyHistogram();
  readonly failureLatency = new LatencyHistogram();
  readonly outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Record<Outcome, number>;
  readonly rejectedBy: Record<string, number> = {};
  /** Oldest first. */
  readonly seconds: SecondTally[] = [];
  readonly #plan: LoadPlan;
  readonly #onSecond: (second: SecondTally, ticks: readonly WorkerTick[]) => void;
  readonly #perRequest: number;
  readonly #open = new Map<number, WorkerTick[]>();
  readonly #health: GeneratorHealth[] = [];
  readonly #measured = { sent: 0, late: 0, requests: 0, bytes: 0 };
  #sentMs = 0;

  /** `onSecond` hears of each second when it is complete, in order. */
  constructor(plan: LoadPlan, onSecond: (second: SecondTally, ticks: readonly WorkerTick[]) => void) {
    this.#plan = plan;
    this.#onSecond = onSecond;
    this.#perRequest = plan.sizes.reduce((sum, size) => sum + size, 0) / plan.sizes.length;
  }

  /** The first second that is measured. */
  get firstSecond(): number {
    return Math.ceil(this.#plan.warmupMs / SECOND_MS);
  }

  /** End of the last second in which something was sent, since the start. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** Mean bytes of the body of a request. */
  get requestBytes(): number {
    return this.#measured.bytes / Math.max(1, this.#measured.requests);
  }

  add(tick: WorkerTick): void {
    const { second, events, requests } = tick;
    if (events.sent > 0) this.#sentMs = Math.max(this.#sentMs, (second + 1) * SECOND_MS);
    if (second >= this.firstSecond) {
      for (const name of OUTCOMES) this.outcomes[name] += requests.outcomes[name];
      addReasons(this.rejectedBy, events.rejectedBy);
      this.latency.merge(LatencyHistogram.decode(tick.latency));
      this.service.merge(LatencyHistogram.decode(tick.service));
      this.failureLatency.merge(LatencyHistogram.decode(tick.failureLatency));
      this.#measured.sent += events.sent;
      this.#measured.late += requests.late;
      this.#measured.requests += requests.sent;
      this.#measured.bytes += events.bytes;
      this.#health.push(tick.health);
    }
    const ticks = this.#open.get(second) ?? [];
    this.#open.set(second, [...ticks, tick]);
    for (const open of [...this.#open.keys()].sort((a, b) => a - b)) {
      const isComplete = this.#open.get(open)!.length === this.#plan.workers;
      if (!isComplete && open >= second - OPEN_SECONDS) return;
      this.#close(open);
    }
  }

  /** Takes the seconds that are still open as they are. */
  end(): void {
    for (const second of [...this.#open.keys()].sort((a, b) => a - b)) this.#close(second);
  }

  /**
   * Requests are told in events, by the mean size of a request. `dropped` is in requests; `sentMs` is when the last event
   * was due or sent, since the start.
   */
  load(dropped: number, sentMs: number, storedPerSecond: number | null): LoadFigures {
    const { warmupMs, stages } = this.#plan;
    const { sent } = this.#measured;
    const measuredMs = Math.max(1, sentMs - warmupMs);
    const intensity = new Intensity(stages);
    const scheduled = intensity.eventsBy(sentMs) - intensity.eventsBy(warmupMs);
    const late = Math.min(sent, Math.round(this.#measured.late * this.#perRequest));
    const perSecond = (events: number) => events / (measuredMs / SECOND_MS);
    return {
      targetRate: perSecond(scheduled),
      achievedRate: perSecond(sent),
      scheduled: Math.round(scheduled),
      sent,
      onTime: sent - late,
      late,
      dropped: Math.round(dropped * this.#perRequest),
      measuredMs,
      storedPerSecond,
    };
  }

  /** Of the measured time. */
  generator(): Omit<GeneratorFigures, 'valid'> {
    const loops = this.#health.map(({ loopP99Ms }) => loopP99Ms).sort((a, b) => a - b);
    const cpus = this.#health.reduce((sum, { cpu }) => sum + cpu, 0);
    return {
      cpu: (cpus / Math.max(1, this.#health.length)) * this.#plan.workers,
      loopP99Ms: loops[Math.ceil(loops.length * LOOP_SECONDS_SHARE) - 1] ?? 0,
      loopMaxMs: this.#health.reduce((most, { loopMaxMs }) => Math.max(most, loopMaxMs), 0),
      gcMs: this.#health.reduce((sum, { gcMs }) => sum + gcMs, 0),
    };
  }

  #close(second: number): void {
    const ticks = this.#open.get(second)!;
    this.#open.delete(second);
    const latency = new LatencyHistogram();
    for (const tick of ticks) latency.merge(LatencyHistogram.decode(tick.latency));
    const { p50, p99, max } = latency.percentiles();
    const sum = (pick: (tick: WorkerTick) => number) => ticks.reduce((total, tick) => total + pick(tick), 0);
    const figures = {
      second,
      scheduled: Math.round(sum(({ requests }) => requests.scheduled) * this.#perRequest),
      sent: sum(({ events }) => events.sent),
      acknowledged: sum(({ events }) => events.acknowledged),
      failed: sum(({ events }) => events.unknown),
      p50: p50 ?? max,
      p99: p99 ?? max,
      generatorCpu: sum(({ health }) => health.cpu),
    };
    this.seconds.push(figures);
    this.#onSecond(figures, ticks);
  }
}

function addReasons(to: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(from)) {
    if (Object.hasOwn(to, reason) || Object.keys(to).length < REASONS_MAX) to[reason] = (to[reason] ?? 0) + count;
  }
}
