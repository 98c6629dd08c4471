/**
 * Why an event was not taken: a closed list. The same words are the `reason` in HTTP answers, the label of the
 * counter `events_rejected_total` and the field in logs.
 *
 * `invalid` reasons are the sender's to mend; `policy` reasons are the operator's choice (a well-formed event that the
 * configuration says not to keep) and never turn an answer into a 400. `unknown` and `forbidden` ones say that this sender
 * may not send for this account.
 */
export const REJECTION_REASONS = {
  not_an_object: 'invalid',
  missing: 'invalid',
  wrong_type: 'invalid',
  bad_format: 'invalid',
  too_long: 'invalid',
  too_large: 'invalid',
  too_many: 'invalid',
  too_deep: 'invalid',
  out_of_range: 'invalid',
  bad_json: 'invalid',
  bot: 'policy',
  do_not_track: 'policy',
  global_privacy_control: 'policy',
  account_unknown: 'unknown',
  account_paused: 'forbidden',
  account_forbidden: 'forbidden',
  origin_forbidden: 'forbidden',
  no_consent: 'policy',
} as const;

export type RejectionReason = keyof typeof REJECTION_REASONS;

/** An event that was not taken. `field` is the wire name, dotted for properties (`properties.cart.items`). */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly field: string;
  /** The limit that was exceeded, where there is one. */
  readonly limit?: number;
  /** One sentence: what was given and what is allowed. Holds no unescaped text of the sender. */
  readonly message: string;
}

/** Tells a rejection from an event: the result of validate and enrich is one or the other. */
export function isRejection(value: object): value is Rejection {
  return 'reason' in value;
}
