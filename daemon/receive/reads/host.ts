import { isLoopback } from '../../../src/access/loopback.ts';

/**
 * Guards reads on loopback against DNS rebinding: a page whose name was made to point to 127.0.0.1 is, to the browser,
 * of the same origin as the collector, and could read from it. Its requests still carry that name in `Host`.
 * `names` are others that the operator has given this machine.
 *
 * On other addresses whoever can connect may ask, under any name: there it is a key that decides.
 */
export function hostGuard(listenHost: string, names: readonly string[]): (host: string | undefined) => boolean {
  if (!isLoopback(listenHost)) return () => true;
  const known = new Set(names.map((name) => name.toLowerCase()));
  return (host) => {
    if (host === undefined) return false;
    const name = withoutPort(host.toLowerCase());
    return isLoopback(name) || known.has(name);
  };
}

/**
 * Whether a page of another origin is asking. No answer of ours may be read by one, but some do harm by being asked at
 * all; browsers say so in these two headers, and nothing else sends them.
 */
export function isForeignPage(host: string | undefined, origin: string | undefined, site: string | undefined): boolean {
  if (site === 'cross-site' || site === 'same-site') return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}

function withoutPort(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  const colon = host.indexOf(':');
  return colon === -1 ? host : host.slice(0, colon);
}
