/**
 * What the live view and the lines show: a plain store that the run feeds and viewers read.
 *
 * Always true: a snapshot is never changed; totals hold everything that was pushed, seconds the newest `SECONDS_MAX`.
 * Viewers are told once for each change. When it is full the oldest seconds go.
 */
import { OUTCOMES, type Outcome } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';
import type { FaultFigures, SecondFigures } from '../report/report.ts';
import type { ServerSecond } from '../server/server-second.ts';
import type { EventCounts, GeneratorHealth, RequestCounts } from '../worker/messages.ts';
import { firstUi, type LiveUi } from './ui.ts';

export const PHASES = ['starting', 'warm-up', 'running', 'draining', 'settling', 'verifying', 'done'] as const;
export type Phase = (typeof PHASES)[number];

/** One second of all workers together. */
export interface LiveSecond {
  /** Counts are of events. */
  readonly figures: SecondFigures;
  readonly requests: RequestCounts;
  readonly events: EventCounts;
  /** CPU of all workers; the worst of the rest. */
  readonly health: GeneratorHealth;
  /** Requests per bucket of `LATENCY_BOUNDS_MS`, from the intended start. */
  readonly latencyCounts: readonly number[];
  readonly server: ServerSecond | null;
}

export interface LiveFault {
  readonly name: string;
  /** Seconds since the start. */
  readonly second: number;
  /** Null while it is being done. */
  readonly figures: FaultFigures | null;
}

export interface LiveTotals extends Omit<EventCounts, 'bytes'> {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Requests that left late, and all. */
  readonly late: number;
  readonly requests: number;
}

export interface LiveSnapshot {
  readonly plan: LoadPlan;
  readonly phase: Phase;
  /** 0 to 1 of the phase; null when it cannot be known. */
  readonly share: number | null;
  /** The person asked to stop; what was sent is still answered, verified and reported. */
  readonly stopping: boolean;
  /** Oldest first. */
  readonly seconds: readonly LiveSecond[];
  readonly totals: LiveTotals;
  readonly faults: readonly LiveFault[];
  readonly ui: LiveUi;
}

/** An hour; charts show no longer window. */
const SECONDS_MAX = 3_600;
const FAULTS_MAX = 100;
const REASONS_MAX = 50;
const SECOND_MS = 1_000;

export class LiveFigures {
  readonly #viewers = new Set<() => void>();
  #snapshot: LiveSnapshot;

  constructor(plan: LoadPlan) {
    this.#snapshot = {
      plan,
      phase: 'starting',
      share: null,
      stopping: false,
      seconds: [],
      totals: NOTHING,
      faults: [],
      ui: firstUi(plan.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    };
  }

  getSnapshot(): LiveSnapshot {
    return this.#snapshot;
  }

  /** Returns the function that ends it. */
  subscribe(viewer: () => void): () => void {
    this.#viewers.add(viewer);
    return () => void this.#viewers.delete(viewer);
  }

  /** A second that is over. */
  push(second: LiveSecond): void {
    const { seconds, totals } = this.#snapshot;
    this.#change({ seconds: [...seconds.slice(-(SECONDS_MAX - 1)), second], totals: added(totals, second) });
  }

  /** `share` is 0 to 1 of the phase, null when it cannot be known. */
  setPhase(phase: Phase, share: number | null): void {
    this.#change({ phase, share });
  }

  setStopping(): void {
    this.#change({ stopping: true });
  }

  /** A fault is being done (`figures` null), or is over: what `injectFaults` tells. */
  setFault({ name, atMs }: { readonly name: string; readonly atMs: number }, figures: FaultFigures | null): void {
    const others = this.#snapshot.faults.filter((fault) => fault.name !== name);
    const second = (figures?.atMs ?? atMs) / SECOND_MS;
    this.#change({ faults: [...others, { name, second, figures }].slice(-FAULTS_MAX) });
  }

  /** Changes what the person has chosen. */
  update(change: (ui: LiveUi) => LiveUi): void {
    this.#change({ ui: change(this.#snapshot.ui) });
  }

  #change(change: Partial<LiveSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const viewer of this.#viewers) viewer();
  }
}

const NOTHING: LiveTotals = {
  outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>,
  sent: 0,
  acknowledged: 0,
  rejected: 0,
  unknown: 0,
  resent: 0,
  duplicates: 0,
  rejectedBy: {},
  late: 0,
  requests: 0,
};

function added(totals: LiveTotals, { requests, events }: LiveSecond): LiveTotals {
  const outcomes = OUTCOMES.map((outcome) => [outcome, totals.outcomes[outcome] + requests.outcomes[outcome]]);
  const rejectedBy: Record<string, number> = { ...totals.rejectedBy };
  for (const [reason, count] of Object.entries(events.rejectedBy)) {
    // Reasons are text of the server: a hostile one could send a new one each time.
    if (Object.hasOwn(rejectedBy, reason) || Object.keys(rejectedBy).length < REASONS_MAX) {
      rejectedBy[reason] = (rejectedBy[reason] ?? 0) + count;
    }
  }
  return {
    outcomes: Object.fromEntries(outcomes) as Record<Outcome, number>,
    sent: totals.sent + events.sent,
    acknowledged: totals.acknowledged + events.acknowledged,
    rejected: totals.rejected + events.rejected,
    unknown: totals.unknown + events.unknown,
    resent: totals.resent + events.resent,
    duplicates: totals.duplicates + events.duplicates,
    rejectedBy,
    late: totals.late + requests.late,
    requests: totals.requests + requests.sent,
  };
}
