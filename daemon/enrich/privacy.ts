import type { Event, Sender } from '../../src/event/event.ts';
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

/**
 * Takes from an event what ties it to a person or to another event of the same person: ids, address, place below the
 * country, screen, click id, and the query strings of url and referrer, which may carry any of these. What was
 * done on which page with what kind of device stays countable, and so do campaign names. `properties` are the site's
 * own words and stay. `event_id` stays: it keeps a retried event single and names nothing else.
 */
export function anonymize(event: Event): void {
  event.visitor_id = '';
  event.session_id = '';
  event.user_id = '';
  event.ip = '';
  event.region = '';
  event.city = '';
  event.timezone = '';
  event.screen = '';
  event.click_id_type = '';
  event.click_id = '';
  event.url = withoutQuery(event.url);
  event.referrer = withoutQuery(event.referrer);
}

function withoutQuery(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
