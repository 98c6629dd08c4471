import type { Event, Sender } from '../src/event/event.ts';
import type { Rejection } from '../src/event/rejection.ts';

/**
 * The part of the road that is a pure function: a raw event as a dialect yields it (canonical wire names), and who sent
 * it, to a row or to the reason why not. `pipeline.ts` builds it from validate and enrich; receive is handed it.
 */
export type Road = (raw: unknown, sender: Sender) => Event | Rejection;

/**
 * What validate learns about an event besides the row itself, for enrich. One object per road: validate overwrites it for
 * every event, enrich reads it before the next; nobody keeps it.
 */
export interface Hints {
  /** What the sender claims about the visitor; enrich believes it of trusted senders only. Empty when not given. */
  ip: string;
  userAgent: string;
  country: string;
  region: string;
  city: string;
  /** The leaves of `properties`, so that nobody has to parse the text again. */
  readonly leaves: PropertyLeaves;
}

/** The flattened `properties`: leaf `i` is `paths[i]` with the JSON text `values[i]`. Entries from `count` on are stale. */
export interface PropertyLeaves {
  count: number;
  readonly paths: string[];
  readonly values: string[];
  /** Keys of objects inside arrays (`items[].sku`), each once, and the leaf that holds them. Stale from `nestedCount` on. */
  nestedCount: number;
  readonly nested: string[];
  readonly nestedLeaf: number[];
}
