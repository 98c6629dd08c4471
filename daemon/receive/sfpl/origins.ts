/**
 * Which pages may speak to this dialect with the visitor's cookies. Any page may send and read the answer to its own
 * request, without cookies; with them only pages of the collector's own site, and those of `sfpl.origins`.
 */
import { RECEIVE_LIMITS } from '../limits.ts';
import { siteOf } from './cookies.ts';

/** Whether a page of `origin` is one of the site that `host` belongs to, or was named by the operator. */
export function isOurs(origin: string, host: string | undefined, origins: readonly string[]): boolean {
  if (origins.includes('*') || origins.includes(origin)) return true;
  if (host === undefined || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false;
  const page = new URL(origin);
  const own = new URL(`http://${host}`);
  if (page.hostname === own.hostname) return true;
  const site = siteOf(page.hostname);
  return site !== '' && site === siteOf(own.hostname);
}

/** Headers for the answer to a page; none when the request names no origin. */
export function pageHeaders(origin: string | undefined, ours: boolean): readonly string[] {
  if (origin === undefined) return [];
  const headers = [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Expose-Headers',
    'Retry-After',
    'Cross-Origin-Resource-Policy',
    'cross-origin',
    'Vary',
    'Origin',
  ];
  return ours ? [...headers, 'Access-Control-Allow-Credentials', 'true'] : headers;
}

/** Headers for the answer to `OPTIONS`, preflight or not. */
export function preflight(origin: string | undefined, ours: boolean, methods: string): readonly string[] {
  return [
    ...pageHeaders(origin, ours),
    'Allow',
    methods,
    'Access-Control-Allow-Methods',
    methods,
    'Access-Control-Allow-Headers',
    'Authorization, Accept, User, Content-Type, Content-Encoding',
    'Access-Control-Max-Age',
    String(RECEIVE_LIMITS.preflightSeconds),
  ];
}
