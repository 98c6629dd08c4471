import { hash } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import { KEY_BYTES } from './record.ts';

/** Bytes of a UUIDv7 that are its time (RFC 9562, 5.7). */
const TIME_BYTES = 6;

/**
 * The key under which a client-given `event_id` is remembered: 16 bytes as latin-1 text. In the default account these
 * are the bytes of the UUID; elsewhere its first six and 80 bits of a hash of account and UUID, so that one account can
 * neither take nor guess its way into another's ids. The first bytes of a UUIDv7 are its time: keys that come together
 * lie together in the index, where random ones would each change a page of their own.
 */
export function dedupKey(account: string, eventId: string): string {
  const id = Buffer.from(eventId.replaceAll('-', ''), 'hex').toString('latin1');
  if (account === DEFAULT_ACCOUNT) return id;
  const hashed = hash('sha256', `${account}/${eventId}`, 'buffer').toString('latin1', 0, KEY_BYTES - TIME_BYTES);
  return id.slice(0, TIME_BYTES) + hashed;
}
