import { RECEIVE_LIMITS } from './limits.ts';

/**
 * Why a request as a whole was not taken, and the HTTP status that says so. Single events that are not taken are
 * `Rejection`s and no failure.
 */
export const FAILURES = {
  bad_request: 400,
  bad_encoding: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  length_required: 411,
  body_too_large: 413,
  too_many_events: 413,
  too_many_keys: 413,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  host_not_allowed: 421,
  upgrade_required: 426,
  rate_limited: 429,
  head_too_large: 431,
  internal: 500,
  access_unavailable: 503,
  overload: 503,
  too_many_connections: 503,
  stopping: 503,
  spool_full: 503,
  disk_full: 503,
} as const;

export type FailureCode = keyof typeof FAILURES;

export interface Failure {
  readonly code: FailureCode;
  /** One sentence: what was given and what is allowed. */
  readonly message: string;
  readonly limit?: number;
  /** Set when the same request may succeed later. */
  readonly retryAfterSeconds?: number;
  /** Headers that the status calls for (`Allow`, `Accept-Encoding`), names and values in turn. */
  readonly headers?: readonly string[];
}

/** The failure that stands for a defect of ours; the log has the rest. */
export const INTERNAL: Failure = { code: 'internal', message: 'The collector failed; the events may not be taken.' };

/** What everything that comes during a stop is told. */
export const STOPPING: Failure = {
  code: 'stopping',
  message: 'The collector is stopping.',
  retryAfterSeconds: RECEIVE_LIMITS.stoppingRetrySeconds,
};

/** Tells a failure from what it took the place of. */
export function isFailure(value: object): value is Failure {
  return 'code' in value;
}

/** The body of every answer that is no outcome: `{"error":{"code","message"}}`. */
export function failureJson(failure: Failure): string {
  return JSON.stringify({ error: errorOf(failure) });
}

/** A failure as the value of `error`, in an answer or an ack. */
export function errorOf({ code, message, limit, retryAfterSeconds }: Failure): object {
  return { code, message, limit, retryAfterSeconds };
}
