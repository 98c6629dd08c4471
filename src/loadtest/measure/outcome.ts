/** What became of a request, disjoint: every request that was sent is in one of these. */
export const OUTCOMES = [
  /** 202. Single events of it may still be rejected; those are counted by reason. */
  'accepted',
  /** 400 and other 4xx but 429: nothing of it was taken. */
  'rejected',
  /** 429 or 503: come again later. */
  'backpressure',
  'server_error',
  'timeout',
  'refused',
  'reset',
  'tls',
  /** An answer that is not the one the collector gives: counts that do not add up, a body that is no JSON. */
  'mismatch',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const EVENT_STATES = ['unsent', 'acknowledged', 'rejected', 'unknown'] as const;
/** What the generator knows of an event. `unknown`: sent, and no answer says whether it was taken. */
export type EventState = (typeof EVENT_STATES)[number];
