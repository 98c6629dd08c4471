import { hash } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import { KEY_BYTES } from './record.ts';

/** Bytes of a UUIDv7 that are its time (RFC 9562, 5.7). */
const TIME_BYTES = 6;

/**
 * The key under which a client-given id of a row is remembered: 16 bytes as latin-1 text. For events of the default account
 * these are the bytes of the UUID; of other accounts its first six and 80 bits of a hash of account and UUID, so that one
 * account can neither take nor guess its way into another's ids. The first bytes of a UUIDv7 are its time: keys that come
 * together lie together in the index, where random ones would each change a page of their own. In other tables the key is
 * a hash of table, account and id, which may be any text. (No account holds the NUL between.)
 */
export function dedupKey(account: string, id: string, table = 'events'): string {
  if (table !== 'events') return hashed(`${table}\0${account}\0${id}`, KEY_BYTES);
  const uuid = Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1');
  if (account === DEFAULT_ACCOUNT) return uuid;
  return uuid.slice(0, TIME_BYTES) + hashed(`${account}/${id}`, KEY_BYTES - TIME_BYTES);
}

function hashed(text: string, bytes: number): string {
  return hash('sha256', text, 'buffer').toString('latin1', 0, bytes);
}
