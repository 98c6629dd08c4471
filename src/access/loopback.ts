import { isIP } from 'node:net';

/** Whether an address or a host name means this machine alone, without asking a resolver. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1';
}
