import type { Event, Sender } from '../../../src/event/event.ts';
import type { Rejection } from '../../../src/event/rejection.ts';
import type { Road } from '../../road.ts';
import type { Outcome } from '../outcome.ts';

/**
 * One way of saying events over HTTP. Every dialect takes the same bodies (an object, an array, lines; any encoding);
 * what differs is the words in an event and the words of the answer.
 */
export interface Dialect {
  /** Puts one parsed value into canonical names and sends it down the road; a rejection names the field as sent. */
  readonly take: (wire: unknown, sender: Sender, road: Road) => Event | Rejection;
  /** The JSON that answers a request. The status is `respond`'s. */
  readonly answer: (outcome: Outcome) => string;
}

/** Whether a parsed value is an object with names, the only form an event can have. */
export function isNamed(wire: unknown): wire is Readonly<Record<string, unknown>> {
  return typeof wire === 'object' && wire !== null && !Array.isArray(wire);
}

export const NOT_AN_OBJECT: Rejection = {
  reason: 'not_an_object',
  field: '',
  message: 'An event is a JSON object.',
};

/** The rejection of an event without a field that its dialect demands. */
export function missing(field: string): Rejection {
  return { reason: 'missing', field, message: `The field ${field} is required.` };
}
