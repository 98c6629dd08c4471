import type { Event } from './event.ts';

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
