/**
 * What an answer of the collector says about a request and each of its events.
 *
 * Nothing is taken on trust. An answer that accounts for other than the events that were sent, in the shape that the
 * collector gives, is a `mismatch` and leaves them unknown. Its refusals leave them `rejected`, that is: the ledger takes
 * one that is stored nevertheless for a phantom. The collector means that: a bad request is refused before anything is
 * kept; for want of room, for overload and at a stop it refuses before it writes, and a write for which there is no room is
 * taken back whole before the answer goes out (`daemon/spool/segment-writer.ts`). After a failed sync it answers nothing
 * at all. A 503 or 429 that is not in its words comes from something in between, and promises nothing.
 */
import type { EventState, Outcome } from '../measure/outcome.ts';

export interface Verdict {
  readonly outcome: Outcome;
  /** Of all events, or of each. `unsent`: nothing of the request can have reached the collector. */
  readonly states: EventState | readonly EventState[];
  /** Events that the collector says it knew already. */
  readonly duplicates: number;
  /** The reason for each rejected event, as far as it was spelled out; empty when all have the same, `reason`. */
  readonly reasons: readonly string[];
  readonly reason: string;
}

const ACCEPTED: Verdict = { outcome: 'accepted', states: 'acknowledged', duplicates: 0, reasons: [], reason: '' };
const MISMATCH: Verdict = { ...ACCEPTED, outcome: 'mismatch', states: 'unknown' };
const SERVER_ERROR: Verdict = { ...ACCEPTED, outcome: 'server_error', states: 'unknown' };
const BACKPRESSURE: Verdict = { ...ACCEPTED, outcome: 'backpressure', states: 'unknown' };

/** The verdict on a request without an answer. `left`: part of it may have reached the collector. */
export function failure(outcome: Outcome, left: boolean): Verdict {
  return { ...ACCEPTED, outcome, states: left ? 'unknown' : 'unsent' };
}

/** Error codes with which the collector says: nothing is kept, come again. */
const COME_AGAIN: ReadonlySet<unknown> = new Set([
  'overload',
  'too_many_connections',
  'stopping',
  'spool_full',
  'disk_full',
]);
const REASON = /^[a-z][a-z0-9_]{0,39}$/;

/** What is read out of a body: any of it may be missing or of another type. */
interface Body {
  readonly accepted?: unknown;
  readonly duplicates?: unknown;
  readonly rejected?: unknown;
  readonly rejectedMore?: unknown;
  readonly receipt?: unknown;
  readonly message?: unknown;
  readonly error?: { readonly code?: unknown } | null;
}

/**
 * The verdict on a request with `count` events. `again`: it was acknowledged before, so its events may be duplicates; of
 * events that were sent once, none can be.
 */
export function readAnswer(status: number, text: string, count: number, again: boolean): Verdict {
  const body = parse(text);
  if (status === 202) return outcomeOf(body, count, again);
  if (status === 429 || status === 503) return refusal('backpressure', body) ?? BACKPRESSURE;
  if (status >= 500) return SERVER_ERROR;
  if (status < 400) return MISMATCH;
  const refused = refusal('rejected', body);
  if (refused !== undefined) return refused;
  const verdict = outcomeOf(body, count, again);
  return verdict.states === 'rejected' ? { ...verdict, outcome: 'rejected' } : MISMATCH;
}

/**
 * The verdict on message `number` (from 1) of a WebSocket, whose acks are the same bodies without a status; undefined when
 * the text is not the ack of that message.
 */
export function readAck(text: string, count: number, again: boolean, number: number): Verdict | undefined {
  const body = parse(text);
  if (body?.message !== number) return undefined;
  const code = body.error?.code;
  if (COME_AGAIN.has(code)) return refusal('backpressure', body)!;
  if (code === 'internal') return SERVER_ERROR;
  const refused = refusal('rejected', body);
  if (refused !== undefined) return refused;
  const verdict = outcomeOf(body, count, again);
  return verdict.states === 'rejected' ? { ...verdict, outcome: 'rejected' } : verdict;
}

function parse(text: string): Body | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' ? body : null;
  } catch {
    return null;
  }
}

/** `{"error":{"code"}}`, in which the collector says of a whole request that it takes nothing of it. */
function refusal(outcome: 'backpressure' | 'rejected', body: Body | null): Verdict | undefined {
  const code = body?.error?.code;
  if (typeof code !== 'string' || COME_AGAIN.has(code) !== (outcome === 'backpressure')) return undefined;
  return { outcome, states: 'rejected', duplicates: 0, reasons: [], reason: reasonOf(code) };
}

function outcomeOf(body: Body | null, count: number, again: boolean): Verdict {
  if (body === null) return MISMATCH;
  const { accepted, duplicates, rejected, receipt, rejectedMore = 0 } = body;
  if (!isCount(accepted) || !isCount(duplicates) || !isCount(rejectedMore)) return MISMATCH;
  if (!Array.isArray(rejected) || typeof receipt !== 'string') return MISMATCH;
  if (accepted + duplicates + rejected.length + rejectedMore !== count) return MISMATCH;
  if (duplicates > 0 && !again) return MISMATCH;
  if (rejected.length === 0) return duplicates === 0 ? ACCEPTED : { ...ACCEPTED, duplicates };
  const states = statesOf(rejected, count, rejectedMore);
  if (states === undefined) return MISMATCH;
  const reasons = rejected.map(({ reason }) => reasonOf(reason));
  const all = rejected.length === count ? 'rejected' : states;
  return { outcome: 'accepted', states: all, duplicates, reasons, reason: '' };
}

/** The state of each event. Rejections are listed in order; behind the last one nobody knows when more were left out. */
function statesOf(rejected: readonly unknown[], count: number, more: number): EventState[] | undefined {
  const states = new Array<EventState>(count).fill('acknowledged');
  let next = 0;
  for (const rejection of rejected) {
    const index = (rejection as { readonly index?: unknown } | null)?.index;
    if (!isCount(index) || index < next || index >= count) return undefined;
    states[index] = 'rejected';
    next = index + 1;
  }
  return more === 0 ? states : states.fill('unknown', next);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A word that is safe to print and to count by, whatever was sent. */
function reasonOf(reason: unknown): string {
  return typeof reason === 'string' && REASON.test(reason) ? reason : 'other';
}
