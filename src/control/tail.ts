/**
 * `GET /tail?filter=…` over the control socket: accepted events as they become durable, as NDJSON. `filter` is a filter
 * of `src/query/filters.ts`; several must all hold. A wrong one, or one viewer too many, is answered as an error before
 * the stream begins. The first line is a `TailOpened`. Lines of a type that is not known are to be ignored; `schema`
 * changes when the meaning of a field does.
 *
 * Nobody connected costs one comparison a request.
 */
export const TAIL_SCHEMA = 'trackflow.tail/1';

export interface TailOpened {
  readonly type: 'tail';
  readonly schema: typeof TAIL_SCHEMA;
  readonly filters: readonly string[];
  readonly limits: {
    /** Events a second that are sent from one collector thread; those above it are counted. */
    readonly eventsPerSecondMax: number;
    readonly bytesPerSecondMax: number;
  };
}

/** An event as `GET /activities` would give it, with all texts that are not empty. Times are ISO 8601, UTC. */
export interface TailedEvent {
  readonly event_id: string;
  readonly account: string;
  readonly name: string;
  readonly occurred_at: string;
  readonly received_at: string;
  /** Decimal text; left out when there is none. */
  readonly revenue?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [column: string]: unknown;
}

/** Events that the filter let through and the limits, or a reader that was too slow, did not. */
export interface TailDropped {
  readonly type: 'dropped';
  readonly count: number;
}

export type TailLine = TailOpened | { readonly type: 'event'; readonly event: TailedEvent } | TailDropped;
