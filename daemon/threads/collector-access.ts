import { type Limits, limitsSchema } from '../../src/access/account.ts';
import { openNeeds } from '../../src/access/policy.ts';
import type { Config } from '../../src/config/schema.ts';
import { AccessBook, type AccessChange, type AccessSnapshot } from '../access/book.ts';
import { type AddressOf, Gatekeeper } from '../access/gatekeeper.ts';
import { type MeterMemory, Meters } from '../access/limits/meters.ts';
import { Toll } from '../access/limits/toll.ts';
import { createTokenReader } from '../access/tokens.ts';

/** How often the uses of keys are told to the main thread. */
const USED_EVERY_MS = 1_000;
const DAY_MS = 86_400_000;

export interface CollectorAccessParts {
  readonly config: Config;
  readonly snapshot: AccessSnapshot;
  readonly memory: MeterMemory;
  readonly addressOf: AddressOf;
  /** The salt of a day since the epoch; undefined when it is not there. */
  readonly saltOf: (day: number) => string | undefined;
  /** Hears once a second which keys were used, and when. */
  readonly onUsed: (used: ReadonlyMap<string, number>) => void;
  readonly now: () => number;
}

export interface CollectorAccess {
  readonly gatekeeper: Gatekeeper;
  apply(change: AccessChange): void;
  /** Tells the last uses of keys. */
  close(): void;
}

/** A collector's side of accounts, keys and limits. */
export function openCollectorAccess(parts: CollectorAccessParts): CollectorAccess {
  const { config, snapshot, memory, addressOf, saltOf, onUsed, now } = parts;
  const book = new AccessBook(snapshot);
  const meters = new Meters({
    memory,
    now,
    clock: () => process.hrtime.bigint(),
    salt: () => saltOf(Math.floor(now() / DAY_MS)) ?? '',
  });
  const address = limitsOf(config.limits, 'address');
  const toll = new Toll({ meters, book, address, account: limitsOf(config.limits, 'account') });
  const tellUsed = () => {
    const used = book.takeUsed();
    if (used.size > 0) onUsed(used);
  };
  const timer = setInterval(tellUsed, USED_EVERY_MS).unref();
  return {
    gatekeeper: new Gatekeeper({
      book,
      toll,
      addressOf,
      openNeeds: openNeeds(config),
      readToken: tokenReader(config.access, now),
      now,
    }),
    apply: (change) => book.apply(change),
    close: () => {
      clearInterval(timer);
      tellUsed();
    },
  };
}

function tokenReader({ jwtIssuer, jwtAudience, jwtJwksUrl, jwtAccountsClaim }: Config['access'], now: () => number) {
  if (jwtIssuer === '') return null;
  const jwksUrl = jwtJwksUrl || `${jwtIssuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  const settings = { issuer: jwtIssuer, audience: jwtAudience, jwksUrl, accountsClaim: jwtAccountsClaim };
  return createTokenReader(settings, now);
}

function limitsOf(limits: Config['limits'], whose: 'address' | 'account'): Limits {
  return limitsSchema.parse({
    eventsPerSecond: limits[`${whose}EventsPerSecond`],
    bytesPerSecond: limits[`${whose}BytesPerSecond`],
    eventsPerDay: limits[`${whose}EventsPerDay`],
    bytesPerDay: limits[`${whose}BytesPerDay`],
  });
}
