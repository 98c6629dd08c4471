import { isIP } from 'node:net';

/**
 * Guards the reads of a collector that listens on loopback against DNS rebinding: a page whose name was made to point
 * to 127.0.0.1 is, to the browser, of the same origin as the collector, and could read from it. Its requests still
 * carry that name in `Host`.
 *
 * On other addresses whoever can connect may read, under any name.
 */
export function hostGuard(listenHost: string): (host: string | undefined) => boolean {
  if (!isLoopback(listenHost)) return () => true;
  return (host) => host !== undefined && isLoopback(withoutPort(host.toLowerCase()));
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1';
}

function withoutPort(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  const colon = host.indexOf(':');
  return colon === -1 ? host : host.slice(0, colon);
}
