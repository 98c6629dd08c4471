import type { Trackflow, WireEvent } from './api.ts';
import { attempt } from './attempt.ts';
import { TITLE_CHARS_MAX } from './limits.ts';
import { openOutbox } from './outbox.ts';
import { watchRoutes } from './page/routes.ts';
import { urlCleaner } from './page/url.ts';
import { uuid } from './uuid.ts';

/** A setting as an attribute has it: text, empty where only its presence counts, null or undefined where it is not set. */
export type Attribute = (name: string) => string | null | undefined;

/**
 * Makes the tracker of a page and counts its first view. Make one: it listens to the page as long as that lives.
 *
 * An id is kept only where `persist` is set and consent was given, and never under DNT or GPC. The id of a user whom the
 * site names goes along with its events, but without that permission these wait in memory alone.
 */
export function createTracker(attribute: Attribute, collectUrl: string | URL, dedupMs: number): Trackflow {
  const has = (name: string) => attribute(name) != null;
  const site = attribute('site');
  const prefix = `trackflow.${site}.`;
  const consentKey = `${prefix}consent`;
  const visitorKey = `${prefix}visitor`;
  const isPrivate = (navigator.doNotTrack as unknown as number) > 0 || navigator.globalPrivacyControl;
  const device = !isPrivate && {
    screen: attempt(() => `${screen.width}x${screen.height}`),
    timezone: attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  };
  const report = (what: unknown) => has('debug') && console.warn(what);
  const [waiting, read, write, drop, wake] = openOutbox(prefix, collectUrl, dedupMs, report);
  const clean = urlCleaner(attribute('params'), has('hash'));
  let userId: string | null | undefined;
  let referrer = clean(document.referrer);

  const trackflow = ((name, properties, fields) =>
    attempt(() => {
      // Nobody sees the page yet, and perhaps nobody will.
      if (document.prerendering) {
        return document.addEventListener('prerenderingchange', () => trackflow(name, properties, fields));
      }
      const consent = read(consentKey) ?? attribute('consent');
      if (consent === 'no') return;
      const mayKeepId = has('persist') && consent === 'yes' && !isPrivate;
      if (mayKeepId && !read(visitorKey)) write(visitorKey, uuid());
      const said: Partial<WireEvent> = {
        title: document.title.slice(0, TITLE_CHARS_MAX),
        referrer,
        ...device,
      };
      const missing = Object.keys(said).filter((field) => !said[field as keyof WireEvent]);
      const event: WireEvent = {
        event_id: uuid(),
        account: site,
        name,
        occurred_at: new Date().toISOString(),
        url: clean(location),
        path: has('hash') ? location.pathname + location.hash : null,
        ...said,
        user_id: userId,
        visitor_id: mayKeepId ? read(visitorKey) : null,
        ...fields,
        properties: { ...properties, _missing: missing.join() || undefined },
      };
      write(prefix + event.event_id, JSON.stringify(event), userId && !mayKeepId);
      wake();
      if (name === 'pageview') {
        trackflow.view = event;
        referrer = event.url;
      }
    }, report)) as Trackflow;

  const view = () => has('manual') || trackflow('pageview');
  const change = () => clean(location) === trackflow.view?.url || view();
  trackflow.identify = (id, traits) => {
    if (!isPrivate) userId = id;
    if (id) trackflow('identify', traits);
  };
  trackflow.consent = (given) => {
    write(consentKey, given ? 'yes' : 'no');
    if (given) change();
    else [visitorKey, ...waiting()].forEach(drop);
  };
  view();
  watchRoutes(change, view);
  return trackflow;
}
