import type { IncomingHttpHeaders } from 'node:http';
import { originAllowed } from '../../src/access/account.ts';
import type { SenderGrant } from '../../src/event/event.ts';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import type { Bearer } from './bearer.ts';
import type { AccessBook } from './book.ts';
import type { Denial } from './denial.ts';
import type { Paid, Toll } from './limits/toll.ts';

export interface GrantParts {
  readonly book: AccessBook;
  readonly toll: Toll;
  /** They name the page that sends. */
  readonly headers: IncomingHttpHeaders;
  /** Of the client, trusted proxies taken off. */
  readonly ip: string;
  /** Whether it is where it comes from that lets it in: then the account has to name that. */
  readonly isPage: boolean;
}

/**
 * What one request or WebSocket may do with the events it brings: the step between validate and enrich. It asks the book
 * for each event, so that what is taken away meanwhile is gone for the next one.
 */
export class Grant implements SenderGrant {
  readonly bearer: Bearer;
  readonly #book: AccessBook;
  readonly #toll: Toll;
  readonly #headers: IncomingHttpHeaders;
  readonly #isPage: boolean;
  readonly #ip: string;
  /** The account of events that name none; empty when there is no such. */
  readonly #account: string;

  constructor(bearer: Bearer, { book, toll, headers, ip, isPage }: GrantParts) {
    this.bearer = bearer;
    this.#book = book;
    this.#toll = toll;
    this.#headers = headers;
    this.#isPage = isPage;
    this.#ip = ip;
    this.#account = bearer.accounts.size === 1 ? bearer.accounts.values().next().value! : '';
  }

  /** Whether it speaks for others: their time, address and user agent. */
  get isServer(): boolean {
    return this.bearer.credentials.includes('server');
  }

  /** Whether what it was granted on is still good. */
  isLive(now: number): boolean {
    const { keyId, expiresAt } = this.bearer;
    return keyId === '' ? now < expiresAt : this.#book.isLive(keyId, now);
  }

  /** Charges for `attempts` events of which `taken` are to be stored, and says why not, if so. */
  charge(taken: readonly { readonly account: string }[], attempts: number, bytes: number): Paid | Denial {
    return this.#toll.charge(this.bearer, this.#ip, taken, attempts, bytes);
  }

  /** Gives back what was charged for a request of which nothing was stored. */
  refund(paid: Paid): void {
    this.#toll.refund(paid);
  }

  /** Why an event may not come in, if so. Gives an event without account the one that the key is for. */
  admit(event: { account: string }): Rejection | undefined {
    if (event.account === DEFAULT_ACCOUNT && this.#account !== '') event.account = this.#account;
    const { accounts } = this.bearer;
    if (accounts.size > 0 && !accounts.has(event.account)) return NOT_YOURS;
    if (!this.#book.accountsDefined) return undefined;
    const account = this.#book.account(event.account);
    if (account === undefined) return UNKNOWN;
    if (!account.active) return PAUSED;
    if (this.isServer || (account.origins.length === 0 && !this.#isPage)) return undefined;
    return originAllowed(account.origins, originOf(this.#headers)) ? undefined : WRONG_ORIGIN;
  }
}

/** Where a page is from; an image tells only by its Referer. Empty when nobody says. */
function originOf({ origin, referer }: IncomingHttpHeaders): string {
  if (origin !== undefined) return origin.toLowerCase();
  if (referer === undefined || !URL.canParse(referer)) return '';
  return new URL(referer).origin;
}

const refused = (reason: Rejection['reason'], message: string): Rejection => ({ reason, field: 'account', message });
const NOT_YOURS = refused('account_forbidden', 'The key is not for this account.');
const UNKNOWN = refused('account_unknown', 'There is no such account.');
const PAUSED = refused('account_paused', 'The account is paused.');
const WRONG_ORIGIN = refused('origin_forbidden', 'Pages of this origin may not send for this account.');
