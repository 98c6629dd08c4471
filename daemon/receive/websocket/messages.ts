import type { Sender } from '../../../src/event/event.ts';
import { type Body, readBody } from '../body/body.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { events } from '../dialects/events.ts';
import { errorOf, type Failure, isFailure } from '../failure.ts';
import { type Outcome, outcomeMembers } from '../outcome.ts';

/** What is spoken on a WebSocket: how a message is read, and what it is answered. */
export interface Messages {
  readonly dialect: Dialect;
  /** Whether binary messages are spoken; where they are not, one ends the connection. */
  readonly binary: boolean;
  /** The events of a message. May look something up first. */
  read(bytes: Buffer, isBinary: boolean, sender: Sender): Body | Failure | Promise<Body | Failure>;
  /** The answer to the message of that number (from 1); empty: there is none. */
  answer(result: Outcome | Failure, message: number): string;
}

/** `/v1/ws`: text with one event, an array or lines in the dialect `events`, one ack a message. */
export function eventMessages(eventsMax: number): Messages {
  return {
    dialect: events,
    binary: false,
    read: (bytes) => readBody(bytes, 'json', eventsMax),
    answer: ackJson,
  };
}

/** An outcome or `"error"`, and which message it is of. */
export function ackJson(result: Outcome | Failure, message: number): string {
  const members = isFailure(result) ? `"error":${JSON.stringify(errorOf(result))}` : outcomeMembers(result);
  return `{${members},"message":${message}}`;
}
