import { isRejection, type Rejection } from '../../../src/event/rejection.ts';
import { outcomeJson } from '../outcome.ts';
import { type Dialect, isNamed, missing, NOT_AN_OBJECT } from './dialect.ts';

const PROPERTIES = 'properties.';

/**
 * `POST /track` `{user_id, action, …}`: the words of StreamTrack. `action` is the event's name; `event_id`, `account`
 * and `occurred_at` mean what they mean in `/v1/events`, so that a client can retry and backfill; every other key is a
 * property. The answer is that of `/v1/events`.
 */
export const track: Dialect = {
  take(wire, sender, road) {
    if (!isNamed(wire)) return NOT_AN_OBJECT;
    // Rest defines its keys as own properties, so a key `__proto__` stays a key.
    const { user_id, action, event_id, account, occurred_at, ...properties } = wire;
    if (isBlank(user_id)) return missing('user_id');
    if (isBlank(action)) return missing('action');
    const taken = road({ user_id, name: action, event_id, account, occurred_at, properties }, sender);
    return isRejection(taken) ? asSent(taken) : taken;
  },
  answer: outcomeJson,
};

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function asSent(rejection: Rejection): Rejection {
  const { field } = rejection;
  if (field === 'name') return { ...rejection, field: 'action' };
  return field.startsWith(PROPERTIES) ? { ...rejection, field: field.slice(PROPERTIES.length) } : rejection;
}
