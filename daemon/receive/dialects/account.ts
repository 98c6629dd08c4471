import { isRejection, type Rejection } from '../../../src/event/rejection.ts';
import { outcomeJson } from '../outcome.ts';
import { type Dialect, isNamed, missing, NOT_AN_OBJECT } from './dialect.ts';

/**
 * `POST /` `{account_id, data}`: the words of Tracking. `account_id`, a whole number or a string, is the account; the
 * event is named `data` and `data`, any JSON, is its one property. `event_id` may come along and makes a retry exact;
 * other keys are dropped, as Tracking drops them. Its answer was never written down: it is that of `/v1/events`.
 */
export const account: Dialect = {
  take(wire, sender, road) {
    if (!isNamed(wire)) return NOT_AN_OBJECT;
    const { account_id, data, event_id } = wire;
    if (account_id === undefined || account_id === null || account_id === '') return missing('account_id');
    if (data === undefined) return missing('data');
    const account = Number.isSafeInteger(account_id) ? String(account_id) : account_id;
    const taken = road({ account, name: 'data', event_id, properties: { data } }, sender);
    return isRejection(taken) ? asSent(taken) : taken;
  },
  answer: outcomeJson,
};

const SENT_AS: ReadonlyMap<string, string> = new Map([
  ['account', 'account_id'],
  ['name', 'data'],
  ['properties', 'data'],
]);

function asSent(rejection: Rejection): Rejection {
  const field = SENT_AS.get(rejection.field) ?? rejection.field.replace(/^properties\./, '');
  return { ...rejection, field };
}
