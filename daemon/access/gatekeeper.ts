import type { IncomingHttpHeaders } from 'node:http';
import type { StoredKey } from '../../src/access/key.ts';
import { type Need, opens } from '../../src/access/routes.ts';
import { type Bearer, NOBODY } from './bearer.ts';
import type { AccessBook } from './book.ts';
import {
  ACCOUNTS_AWAY,
  BAD_CREDENTIAL,
  type Denial,
  ISSUER_AWAY,
  NO_CREDENTIAL,
  NOT_FOR_THIS,
  SECRET_IN_URL,
} from './denial.ts';
import { Grant } from './grant.ts';
import type { Toll } from './limits/toll.ts';

/** The part of a request that says who it is from. */
export interface Asking {
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Tells who a request is from: the peer, or whom trusted proxies in between name. */
export type AddressOf = (
  socketAddress: string,
  xForwardedFor: string | undefined,
  forwarded: string | undefined,
) => { readonly ip: string };

/** Reads a bearer token that is no key of ours. `unavailable`: its issuer cannot be asked. Never rejects. */
export type TokenReader = (token: string) => Promise<Bearer | 'bad' | 'unavailable'>;

export interface GatekeeperOptions {
  readonly book: AccessBook;
  readonly toll: Toll;
  readonly addressOf: AddressOf;
  /** Needs that nobody has to prove anything for. */
  readonly openNeeds: ReadonlySet<Need>;
  /** Null where no issuer is configured. */
  readonly readToken: TokenReader | null;
  readonly now: () => number;
}

/** What a request may do, or why not; a promise where somebody else has to be asked first. */
export type Entry = Grant | Denial | Promise<Grant | Denial>;

/**
 * Decides at the head of a request whether it may go on, before a byte of its body is read. A credential that is given is
 * always looked at: a wrong one is refused also where none is needed, so that its sender learns of it.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  /** Made once for a key: the set of its accounts may be a large one. */
  readonly #bearers = new WeakMap<StoredKey, Bearer>();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  enter(asking: Asking, needs: Need): Entry {
    const { authorization } = asking.headers;
    if (authorization !== undefined) return this.#byHeader(asking, authorization, needs);
    const key = keyInUrl(asking.url ?? '');
    if (key !== undefined) return this.#byUrl(asking, key, needs);
    return this.#grant(NOBODY, asking, needs, NO_CREDENTIAL);
  }

  #byHeader(asking: Asking, authorization: string, needs: Need): Entry {
    const { book, readToken, now } = this.#options;
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return BAD_CREDENTIAL;
    const key = book.key(token, now());
    if (key !== undefined) return this.#grant(this.#bearerOf(key), asking, needs, NOT_FOR_THIS);
    if (readToken === null || token.startsWith('tf_')) return BAD_CREDENTIAL;
    return readToken(token).then((bearer) => {
      if (bearer === 'bad') return BAD_CREDENTIAL;
      return bearer === 'unavailable' ? ISSUER_AWAY : this.#grant(bearer, asking, needs, NOT_FOR_THIS);
    });
  }

  /** Beacons, images and WebSockets of browsers cannot set headers. A write key is public anyhow. */
  #byUrl(asking: Asking, text: string, needs: Need): Grant | Denial {
    const { book, now } = this.#options;
    const key = book.key(text, now());
    if (key === undefined) return BAD_CREDENTIAL;
    return key.kind === 'write' ? this.#grant(this.#bearerOf(key), asking, needs, NOT_FOR_THIS) : SECRET_IN_URL;
  }

  #grant(bearer: Bearer, { headers, socket }: Asking, needs: Need, otherwise: Denial): Grant | Denial {
    const { book, toll, addressOf, openNeeds } = this.#options;
    const isProven = openNeeds.has(needs) || isGoodFor(bearer, needs);
    // A page may send for the accounts that name its origin: what it could show, a write key, is as public as that.
    const isPage = !isProven && bearer === NOBODY && needs === 'write' && isSentByPage(headers) && book.accountsDefined;
    if (!isProven && !isPage) return otherwise;
    if (needs === 'write' && !book.accountsReady) return ACCOUNTS_AWAY;
    // Node joins repeated ones into one string.
    const forwardedFor = headers['x-forwarded-for'] as string | undefined;
    const ip = toll.needsAddress ? addressOf(socket.remoteAddress ?? '', forwardedFor, headers.forwarded).ip : '';
    const refusal = needs === 'write' ? toll.refusal(bearer, ip, Number(headers['content-length'] ?? 0)) : undefined;
    return refusal ?? new Grant(bearer, { book, toll, headers, ip, isPage });
  }

  #bearerOf(key: StoredKey): Bearer {
    const known = this.#bearers.get(key);
    if (known !== undefined) return known;
    const { id, kind, accounts, limits, expiresAt } = key;
    const bearer: Bearer = {
      credentials: [kind],
      keyId: id,
      accounts: new Set(accounts),
      limits,
      expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    };
    this.#bearers.set(key, bearer);
    return bearer;
  }
}

/** Tells a denial from what it took the place of. */
export function isDenied(entry: Grant | Denial): entry is Denial {
  return 'code' in entry;
}

function isGoodFor({ credentials, accounts }: Bearer, needs: Need): boolean {
  return credentials.some((credential) => opens(credential, needs, accounts.size > 0));
}

function isSentByPage({ origin, referer }: IncomingHttpHeaders): boolean {
  return origin !== undefined || referer !== undefined;
}

const KEY_PARAMETER = /[?&]key=(tf_[^&]*)/;

function keyInUrl(url: string): string | undefined {
  // Nearly no request has one.
  return url.includes('key=tf_') ? KEY_PARAMETER.exec(url)?.[1] : undefined;
}
