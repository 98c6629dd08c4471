import { type Account, type Limits, NO_LIMITS } from '../../../src/access/account.ts';
import type { Bearer } from '../bearer.ts';
import type { AccessBook } from '../book.ts';
import type { Denial } from '../denial.ts';
import { type Charge, type Meters, networkOf, type Overrun } from './meters.ts';

export interface TollOptions {
  readonly meters: Meters;
  readonly book: AccessBook;
  /** Of each address. */
  readonly address: Limits;
  /** Of accounts, where one has no limit of its own. */
  readonly account: Limits;
}

/** What was charged for a request, so that it can be given back when nothing came of it. */
export type Paid = readonly Charge[];

const FREE: Paid = [];

/**
 * What a request costs and whom: its address and its key for all that it brings, its accounts for the events that are
 * taken. A server key speaks for many, so its address is not charged.
 */
/** What is charged to an account. */
type Charged = { readonly account: string };

export class Toll {
  readonly #options: TollOptions;
  readonly #isAddressLimited: boolean;
  readonly #isAccountLimited: boolean;
  /** Limits of accounts with the defaults in; they change with the object. */
  readonly #limits = new WeakMap<Account, Limits>();

  constructor(options: TollOptions) {
    this.#options = options;
    this.#isAddressLimited = isLimit(options.address);
    this.#isAccountLimited = isLimit(options.account);
  }

  /** Whether addresses are charged at all, so that one has to be known. */
  get needsAddress(): boolean {
    return this.#isAddressLimited;
  }

  /** Why a request need not be read: whoever sends it has used up what they have. Charges nothing. */
  refusal(bearer: Bearer, ip: string, bytes: number): Denial | undefined {
    if (!this.#isAddressLimited && bearer.limits === NO_LIMITS) return undefined;
    for (const charge of this.#ofSender(bearer, ip, 1, bytes)) {
      const overrun = this.#options.meters.overrun(charge);
      if (overrun !== undefined) return denialOf(overrun);
    }
    return undefined;
  }

  /** Charges for `attempts` events of which `taken` are to be stored; all of it or nothing. */
  charge(bearer: Bearer, ip: string, taken: readonly Charged[], attempts: number, bytes: number): Paid | Denial {
    const charges = [...this.#ofSender(bearer, ip, attempts, bytes), ...this.#ofAccounts(taken, attempts, bytes)];
    if (charges.length === 0) return FREE;
    const overrun = this.#options.meters.charge(charges);
    return overrun === undefined ? charges : denialOf(overrun);
  }

  refund(paid: Paid): void {
    if (paid.length > 0) this.#options.meters.refund(paid);
  }

  #ofSender({ credentials, keyId, limits }: Bearer, ip: string, events: number, bytes: number): Charge[] {
    const charges: Charge[] = [];
    if (this.#isAddressLimited && ip !== '' && !credentials.includes('server')) {
      charges.push({ kind: 'address', name: networkOf(ip), limits: this.#options.address, events, bytes });
    }
    if (keyId !== '' && isLimit(limits)) charges.push({ kind: 'key', name: keyId, limits, events, bytes });
    return charges;
  }

  /** Bytes are shared out by events, as a request is one body. */
  #ofAccounts(taken: readonly Charged[], attempts: number, bytes: number): Charge[] {
    const { book } = this.#options;
    if (!book.accountsDefined) return [];
    const counts = new Map<string, number>();
    for (const { account } of taken) counts.set(account, (counts.get(account) ?? 0) + 1);
    const charges: Charge[] = [];
    for (const [id, events] of counts) {
      const account = book.account(id);
      if (account === undefined || !(this.#isAccountLimited || isLimit(account.limits))) continue;
      const limits = this.#limitsOf(account);
      charges.push({ kind: 'account', name: id, limits, events, bytes: Math.round((bytes * events) / attempts) });
    }
    return charges;
  }

  #limitsOf(account: Account): Limits {
    const known = this.#limits.get(account);
    if (known !== undefined) return known;
    const { account: fallback } = this.#options;
    const limits = Object.fromEntries(
      Object.entries(account.limits).map(([name, own]) => [name, own || fallback[name as keyof Limits]]),
    ) as Limits;
    this.#limits.set(account, limits);
    return limits;
  }
}

const WHOSE = { key: 'The key', account: 'The account', address: 'The address' } as const;

/** The headers are those of draft-ietf-httpapi-ratelimit-headers: the policy that was passed, and what is left of it. */
function denialOf({ kind, unit, quota, windowSeconds, remaining, retryAfterSeconds }: Overrun): Denial {
  const name = `"${kind}-${unit}"`;
  return {
    code: 'rate_limited',
    message: `${WHOSE[kind]} has used up its ${quota} ${unit} a ${windowSeconds === 1 ? 'second' : 'day'}.`,
    limit: quota,
    retryAfterSeconds,
    headers: [
      'RateLimit-Policy',
      `${name};q=${quota};w=${windowSeconds}`,
      'RateLimit',
      `${name};r=${remaining};t=${retryAfterSeconds}`,
    ],
  };
}

function isLimit({ eventsPerSecond, bytesPerSecond, eventsPerDay, bytesPerDay }: Limits): boolean {
  return eventsPerSecond > 0 || bytesPerSecond > 0 || eventsPerDay > 0 || bytesPerDay > 0;
}
