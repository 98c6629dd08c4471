import type { Event, Sender } from '../../src/event/event.ts';
import { isRejection } from '../../src/event/rejection.ts';
import type { Grant } from '../access/grant.ts';
import type { Road } from '../road.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import type { Body } from './body/body.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Failure, FailureCode } from './failure.ts';
import type { Inflight } from './inflight.ts';
import type { IndexedRejection, Outcome } from './outcome.ts';
import type { CommitOutcome, EventSink } from './sink.ts';

/** The events of one request or message after the road: what is to be committed, and what is not and why. */
export interface Judged {
  readonly events: readonly Event[];
  readonly rejections: readonly IndexedRejection[];
}

const NO_REJECTIONS: readonly IndexedRejection[] = [];

const REFUSALS = {
  spool_full: 'The spool is full.',
  disk_full: 'The disk is full.',
  stopping: 'The collector is stopping.',
} as const satisfies Partial<Record<FailureCode, string>>;

/**
 * The way of wire events to their outcome, the same for HTTP and WebSocket: `judge`, then `commit`.
 *
 * Promises: an event that is rejected takes no other along; an outcome exists only once its events are durable, and until
 * then they are in the `Inflight` budget. Holds no state of its own.
 */
export class Intake {
  readonly #road: Road;
  readonly #sink: EventSink;
  readonly #counters: Counters;
  readonly #traffic: Traffic;
  readonly #inflight: Inflight;

  constructor(road: Road, sink: EventSink, counters: Counters, traffic: Traffic, inflight: Inflight) {
    // Here an event has its canonical names, whatever dialect it came in.
    this.#road = (raw, sender) => {
      const result = road(raw, sender);
      if (isRejection(result)) traffic.rejected(raw);
      return result;
    };
    this.#sink = sink;
    this.#counters = counters;
    this.#traffic = traffic;
    this.#inflight = inflight;
  }

  /** Sends each event down the road. */
  judge(body: Body, dialect: Dialect, sender: Sender): Judged {
    const events: Event[] = [];
    let rejections: IndexedRejection[] | undefined;
    const { wires, faults } = body;
    for (let index = 0; index < wires.length; index++) {
      const fault = faults.size === 0 ? undefined : faults.get(index);
      const result = fault ?? dialect.take(wires[index], sender, this.#road);
      if (isRejection(result)) {
        rejections ??= [];
        rejections.push({ index, rejection: result });
        this.#counters.add(`events_rejected_total{reason="${result.reason}"}`);
      } else {
        events.push(result);
      }
    }
    return { events, rejections: rejections ?? NO_REJECTIONS };
  }

  /**
   * Resolves once the events are durable, or the sink or a limit of `grant` says why they are not. Rejects only for a
   * defect of the sink. `bytes` are those of the request, which was complete at `begunAt` (`Traffic.begin`).
   */
  async commit(
    { events, rejections }: Judged,
    bytes: number,
    begunAt: number,
    grant: Grant,
  ): Promise<Outcome | Failure> {
    const attempts = events.length + rejections.length;
    const paid = grant.charge(events, attempts, bytes);
    if ('code' in paid) {
      this.#counters.add('events_refused_total{reason="rate_limited"}', attempts);
      return paid;
    }
    if (events.length === 0) return { accepted: 0, duplicates: 0, rejections, receipt: '' };
    const committed = await this.#commit(events);
    if ('code' in committed) {
      grant.refund(paid);
      return committed;
    }
    const { duplicates, receipt, repeated } = committed;
    this.#traffic.committed(events, repeated, bytes, begunAt);
    return { accepted: events.length - duplicates, duplicates, rejections, receipt };
  }

  async #commit(events: readonly Event[]): Promise<(CommitOutcome & { ok: true }) | Failure> {
    const overload = this.#inflight.holdEvents(events.length);
    if (overload !== undefined) return overload;
    try {
      const committed = await this.#sink.commit(events);
      return committed.ok ? committed : refusalOf(committed);
    } finally {
      this.#inflight.releaseEvents(events.length);
    }
  }
}

/** A commit that was refused, as the failure to tell. Counted by the spool, which is the one to refuse. */
export function refusalOf({ reason, retryAfterSeconds }: CommitOutcome & { ok: false }): Failure {
  return { code: reason, message: REFUSALS[reason], retryAfterSeconds };
}
