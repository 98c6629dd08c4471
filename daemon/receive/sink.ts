import type { Event } from '../../src/event/event.ts';
import type { SpoolRefusal } from '../spool/protocol.ts';

/**
 * Where receive hands events on and learns their fate: the only thing it knows of the road behind it.
 *
 * `commit` takes the events of one request or message. It resolves when they are durable (or refused): never
 * rejects for an expected outcome.
 */
export interface EventSink {
  commit(events: readonly Event[]): Promise<CommitOutcome>;
}

export type CommitOutcome =
  | {
      readonly ok: true;
      readonly receipt: string /** How many of them were duplicates. */;
      readonly duplicates: number;
      /** Which of them, as ascending indexes into `events`; left out when there is none. */
      readonly repeated?: readonly number[];
    }
  | { readonly ok: false; readonly reason: SpoolRefusal; readonly retryAfterSeconds: number };
