/**
 * Cross-origin rules of the paths that take events. Any page may send, and may read the answer to its own request.
 *
 * sendBeacon always sends in credentials mode `include`, for which a browser wants the origin itself and
 * Allow-Credentials, and takes no `*`. That gives nothing away: the collector reads no cookie, sets none, and an answer
 * holds nothing but the fate of the events just sent. Paths that read have no such rules, so no page may read them.
 */
import { RECEIVE_LIMITS } from '../limits.ts';

/** Headers for the answer to a page; none when the request names no origin. */
export function corsHeaders(origin: string | undefined): readonly string[] {
  if (origin === undefined) return NO_HEADERS;
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Allow-Credentials',
    'true',
    // Without it a page cannot see how long it is to wait.
    'Access-Control-Expose-Headers',
    'Retry-After, RateLimit, RateLimit-Policy',
    'Cross-Origin-Resource-Policy',
    'cross-origin',
    'Vary',
    'Origin',
  ];
}

/** Headers for the answer to `OPTIONS`, preflight or not. */
export function preflightHeaders(origin: string | undefined): readonly string[] {
  return [
    ...corsHeaders(origin),
    'Allow',
    INGEST_METHODS,
    'Access-Control-Allow-Methods',
    'POST',
    'Access-Control-Allow-Headers',
    'Authorization, Content-Type, Content-Encoding',
    'Access-Control-Max-Age',
    String(RECEIVE_LIMITS.preflightSeconds),
  ];
}

/** What the paths that take events can be asked to do. */
export const INGEST_METHODS = 'POST, OPTIONS';

const NO_HEADERS: readonly string[] = [];
