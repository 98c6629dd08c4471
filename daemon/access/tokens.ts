import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { NO_LIMITS } from '../../src/access/account.ts';
import { digestOf } from '../../src/access/key.ts';
import { CREDENTIALS, type Credential } from '../../src/access/routes.ts';
import { BoundedCache } from '../enrich/bounded-cache.ts';
import type { Bearer } from './bearer.ts';
import type { TokenReader } from './gatekeeper.ts';

const SCOPE_PREFIX = 'trackflow:';
/** Only signatures of which the verifier holds no secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 5;
const TOKEN_CHARS_MAX = 8_192;
const TOKENS_CACHED_MAX = 10_000;
/** For so long a token that was good is believed without a look at its signature: a key that was withdrawn ends then. */
const BELIEVED_MS = 60_000;
const KEYS_FRESH_MS = 600_000;
/** An unknown key makes us look for new ones, but no more often than this, whoever sends such tokens. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** Claim with the accounts that a token is for; empty: tokens are for all accounts. */
  readonly accountsClaim: string;
}

interface Believed {
  readonly bearer: Bearer;
  readonly until: number;
}

/**
 * Reads JWTs of one issuer: their signature by a key that it publishes (JWKS), issuer, audience, time, and what their
 * scopes are good for. A token that is not good for anything is bad.
 *
 * Promises: when the issuer cannot be asked for its keys, those it had last go on; never rejects.
 */
export function createTokenReader(settings: TokenSettings, now: () => number): TokenReader {
  const remote = createRemoteJWKSet(new URL(settings.jwksUrl), {
    cacheMaxAge: KEYS_FRESH_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
  const believed = new BoundedCache<Believed>(TOKENS_CACHED_MAX / 2);

  async function verify(token: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    });
    return payload;
  }

  return async (token) => {
    if (token.length > TOKEN_CHARS_MAX) return 'bad';
    const digest = digestOf(token);
    const known = believed.get(digest);
    if (known !== undefined && now() < known.until) return known.bearer;
    let payload: JWTPayload;
    try {
      payload = await verify(token, remote).catch((error) => {
        const kept = remote.jwks();
        if (isBad(error) || kept === undefined) throw error;
        return verify(token, createLocalJWKSet(kept));
      });
    } catch (error) {
      return isBad(error) ? 'bad' : 'unavailable';
    }
    const bearer = bearerOf(payload, settings.accountsClaim);
    if (bearer === undefined) return 'bad';
    believed.set(digest, { bearer, until: Math.min(now() + BELIEVED_MS, bearer.expiresAt) });
    return bearer;
  };
}

/** Whether the token is at fault, and not the way to the issuer's keys. */
function isBad(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout) return false;
  // What jose says of an answer that is no key set, or not 200.
  return error.code !== 'ERR_JOSE_GENERIC' && error.code !== 'ERR_JWKS_INVALID';
}

function bearerOf(payload: JWTPayload, accountsClaim: string): Bearer | undefined {
  const { scope, scp, exp } = payload as JWTPayload & { scope?: unknown; scp?: unknown };
  const words = [scope, scp].flatMap((value) => (typeof value === 'string' ? value.split(' ') : value));
  const credentials = CREDENTIALS.filter(
    (credential): credential is Credential => credential !== 'none' && words.includes(SCOPE_PREFIX + credential),
  );
  const accounts = accountsClaim === '' ? [] : payload[accountsClaim];
  if (credentials.length === 0 || !Array.isArray(accounts)) return undefined;
  const named = accounts.filter((account): account is string => typeof account === 'string' && account !== '');
  // A list that names nobody must not be taken for one that names everybody.
  if (accountsClaim !== '' && (named.length === 0 || named.length < accounts.length)) return undefined;
  return { credentials, keyId: '', accounts: new Set(named), limits: NO_LIMITS, expiresAt: exp! * 1_000 };
}
