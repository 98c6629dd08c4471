import type { Outcome } from '../measure/outcome.ts';
import type { Verdict } from './answer.ts';

/** What a sender puts on the wire, and what it has to know to read the answer. */
export interface Outgoing {
  readonly path: string;
  readonly userAgent: string;
  /** JSON. */
  readonly body: string;
  /** Bytes of the body. */
  readonly bytes: number;
  /** Events in it. */
  readonly count: number;
  /** Whether it was acknowledged before, so that its events are duplicates. */
  readonly again: boolean;
}

/**
 * One connection to the collector, with a fixed number of places for requests that wait for their answer.
 *
 * Promises: what became of every request handed to `send` is told to its owner once; its place is given back by `free`
 * afterwards. It connects when it has to; when the collector is away or breaks it off, its places are held back for a
 * while that grows with each failure, so that it is asked often and not constantly.
 */
export interface Sender<R extends Outgoing> {
  readonly kind: 'http' | 'websocket';
  /** Requests that may be under way at once. */
  readonly places: number;
  /**
   * Begins to connect, so that the first request need not. A failure is told to nobody: the first request meets it again.
   * The path and the user agent are for a connection that has its own.
   */
  open(path: string, userAgent: string): void;
  /** Takes a place, which has to be free. */
  send(request: R): void;
  /** Ends the connection. Nothing may be under way; nothing is told any more. */
  close(): void;
}

/** Who uses a sender and hears of it. */
export interface SenderOwner<R extends Outgoing> {
  /** After an answer the owner may use the place for another request at once: then it is not told to be free. */
  settled(sender: Sender<R>, request: R, verdict: Verdict): void;
  /** One place of it is free (again). */
  free(sender: Sender<R>): void;
  /** This machine has no more sockets: a measurement is out of the question. */
  exhausted(error: Error): void;
}

/** Where to, as whom, and how long to wait. */
export interface SenderOptions {
  readonly url: URL;
  /** Sent as bearer token; null where the collector asks for none. */
  readonly key: string | null;
  readonly timeoutMs: number;
}

const HOLD_MS_MIN = 20;
const HOLD_MS_MAX = 1_000;

/**
 * How long to hold a connection back after a failure, the latest of so many without an answer in between. Who was late or
 * answered nonsense was there: that costs the time it took and no more, or the load would fall with the collector's health.
 */
export function holdMs(outcome: Outcome, failures: number): number {
  if (outcome === 'timeout' || outcome === 'mismatch') return 0;
  return Math.min(HOLD_MS_MIN * 2 ** (failures - 1), HOLD_MS_MAX);
}
