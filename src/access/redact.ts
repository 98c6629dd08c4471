/**
 * Takes secrets out of text on its way into a log, an error or an archive: keys of ours (their id stays, so that one can
 * be found and revoked), bearer tokens, JWTs, and passwords in addresses.
 */
const KEYS = /\b(tf_(?:wk|sk|rk|ad)_[0-9A-Za-z]{13})_[0-9A-Za-z]{20,}/g;
const BEARER = /\b(bearer\s+)(?!tf_)[\w.~+/=-]{8,}/gi;
const JWT = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
const ADDRESS_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi;

export function withoutSecrets(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text
    .replace(KEYS, '$1_[redacted]')
    .replace(BEARER, '$1[redacted]')
    .replace(JWT, '[redacted]')
    .replace(ADDRESS_CREDENTIALS, '$1[redacted]@');
}

/** One pass that most lines end with. */
const SUSPICIOUS = /tf_(?:wk|sk|rk|ad)_|bearer|eyJ|:\/\/[^\s/]*@/i;
