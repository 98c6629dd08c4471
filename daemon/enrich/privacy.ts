import type { Sender } from '../../src/event/event.ts';
import type { Rejection } from '../../src/event/rejection.ts';

export type SignalPolicy = 'ignore' | 'anonymize' | 'drop';

export interface PrivacyPolicy {
  /** What `DNT: 1` does. */
  readonly doNotTrack: SignalPolicy;
  /** What `Sec-GPC: 1` does. */
  readonly globalPrivacyControl: SignalPolicy;
  /** Whether the address is kept, unless a signal anonymizes the event. */
  readonly storeIp: boolean;
}

export type PrivacyDecision = 'keep' | 'anonymize' | Rejection;

/** What the sender's signals ask for under the operator's policy. The stricter of the two signals holds. */
export function decidePrivacy(sender: Sender, policy: PrivacyPolicy): PrivacyDecision {
  const doNotTrack = sender.doNotTrack ? policy.doNotTrack : 'ignore';
  const control = sender.globalPrivacyControl ? policy.globalPrivacyControl : 'ignore';
  if (control === 'drop') {
    return { reason: 'global_privacy_control', field: '', message: 'the sender asked with Sec-GPC not to be tracked' };
  }
  if (doNotTrack === 'drop') {
    return { reason: 'do_not_track', field: '', message: 'the sender asked with DNT not to be tracked' };
  }
  return control === 'anonymize' || doNotTrack === 'anonymize' ? 'anonymize' : 'keep';
}
