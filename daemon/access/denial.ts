/**
 * Why a request may not do what it asks for, as receive answers it. The words are for strangers: they say what is
 * missing, never who else there is.
 */
export interface Denial {
  readonly code: 'unauthorized' | 'forbidden' | 'rate_limited' | 'access_unavailable';
  readonly message: string;
  readonly limit?: number;
  readonly retryAfterSeconds?: number;
  /** Headers that the status calls for, names and values in turn. */
  readonly headers?: readonly string[];
}

const CHALLENGE = ['WWW-Authenticate', 'Bearer realm="trackflow"'];

export const NO_CREDENTIAL: Denial = {
  code: 'unauthorized',
  message: 'This needs a key: Authorization: Bearer <key>.',
  headers: CHALLENGE,
};

export const BAD_CREDENTIAL: Denial = {
  code: 'unauthorized',
  message: 'The key or token is not known, expired or revoked.',
  headers: ['WWW-Authenticate', 'Bearer realm="trackflow", error="invalid_token"'],
};

export const SECRET_IN_URL: Denial = {
  code: 'unauthorized',
  message: 'Only write keys may stand in a URL, which others get to see; revoke this key and send one as a header.',
  headers: CHALLENGE,
};

export const NOT_FOR_THIS: Denial = {
  code: 'forbidden',
  message: 'The key is not for this.',
};

const AWAY_RETRY_SECONDS = 5;

export const ISSUER_AWAY: Denial = {
  code: 'access_unavailable',
  message: 'The issuer of the token cannot be asked for its keys.',
  retryAfterSeconds: AWAY_RETRY_SECONDS,
};

export const ACCOUNTS_AWAY: Denial = {
  code: 'access_unavailable',
  message: 'The accounts have not been read yet.',
  retryAfterSeconds: AWAY_RETRY_SECONDS,
};
