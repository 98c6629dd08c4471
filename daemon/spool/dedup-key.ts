import { hash } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import { KEY_BYTES } from './record.ts';

/**
 * The key under which a client-given `event_id` is remembered: 16 bytes as latin-1 text. In the default account these
 * are the bytes of the UUID; elsewhere a hash of account and UUID, so that one account can neither take nor guess its
 * way into another's ids.
 */
export function dedupKey(account: string, eventId: string): string {
  if (account === DEFAULT_ACCOUNT) return Buffer.from(eventId.replaceAll('-', ''), 'hex').toString('latin1');
  return hash('sha256', `${account}/${eventId}`, 'buffer').toString('latin1', 0, KEY_BYTES);
}
