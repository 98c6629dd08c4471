import { createHash, createHmac } from 'node:crypto';
import { HASHED } from '../../../src/event/sfpl/names.ts';
import type { Params } from './params.ts';

/**
 * Takes addresses and names that a person is reached by out of a hit, and leaves their hashes in their place.
 *
 * With a `prefix` they are those of the tracker this dialect comes from, base64url(SHA-1(prefix + text)), so that rows of both
 * can be joined. Without one a key of this instance is used (HMAC with SHA-256): a table of addresses cannot be tried.
 */
export function hashPrivateTexts(params: Params, prefix: string, key: string): void {
  for (const [name, hashName] of HASHED) {
    const value = params.get(name);
    if (value === undefined) continue;
    params.delete(name);
    if (typeof value !== 'string') continue;
    const text = value.trim().toLowerCase();
    const hash = prefix === '' ? createHmac('sha256', key).update(text) : createHash('sha1').update(prefix + text);
    params.set(hashName, hash.digest('base64url'));
  }
}
