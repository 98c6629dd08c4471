import type { Bearer } from '../../access/bearer.ts';
import type { Failure } from '../failure.ts';

/**
 * Bounds what is asked for to the accounts of the one who asks: with one account it is that, with several one of them has
 * to be named. Returns why not, if so. Whoever has no accounts of their own is not bound.
 */
export function boundToAccounts(query: URLSearchParams, { accounts }: Bearer): Failure | undefined {
  if (accounts.size === 0) return undefined;
  const asked = query.getAll('account');
  if (asked.length === 0) {
    if (accounts.size > 1) return NAME_ONE;
    query.set('account', accounts.values().next().value!);
    return undefined;
  }
  return asked.every((account) => accounts.has(account)) ? undefined : NOT_YOURS;
}

const NAME_ONE: Failure = { code: 'bad_request', message: 'The key is for several accounts: name one, account=…' };
const NOT_YOURS: Failure = { code: 'forbidden', message: 'The key is not for this account.' };
