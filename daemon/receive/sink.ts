import type { Event } from '../../src/event/event.ts';
import type { Row } from '../../src/event/table.ts';
import type { SpoolRefusal } from '../spool/protocol.ts';

/**
 * Where receive hands rows on and learns their fate: the only thing it knows of the road behind it.
 *
 * `commit` takes the rows of one request or message. It resolves when they are durable (or refused): never
 * rejects for an expected outcome.
 */
export interface RowSink<R extends Row> {
  commit(rows: readonly R[]): Promise<CommitOutcome>;
}

export type EventSink = RowSink<Event>;

export type CommitOutcome =
  | {
      readonly ok: true;
      readonly receipt: string /** How many of them were duplicates. */;
      readonly duplicates: number;
      /** Which of them, as ascending indexes into the rows; left out when there is none. */
      readonly repeated?: readonly number[];
    }
  | { readonly ok: false; readonly reason: SpoolRefusal; readonly retryAfterSeconds: number };
