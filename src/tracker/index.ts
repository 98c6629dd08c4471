/**
 * The tracker as an ES module, for sites that bundle their own scripts: `import { init } from 'trackflow/tracker'`. It does
 * what `trackflow.js` does, adds nothing to the page's globals, and loads no options: import those and call them.
 */
import type { Trackflow } from './api.ts';
import { createTracker } from './tracker.ts';

export type { EventFields, Option, Properties, PropertyValue, Trackflow, WireEvent } from './api.ts';
export { default as clicks } from './options/clicks.ts';
export { default as engagement } from './options/engagement.ts';
export { default as forms } from './options/forms.ts';
export { default as links } from './options/links.ts';
export { default as notFound } from './options/not-found.ts';
export { default as vitals } from './options/vitals.ts';

/** An hour less than the 24 for which a collector knows an id again by default. */
const DEDUP_HOURS = 23;

export interface InitOptions {
  /** The collector, like `https://collect.example`. */
  readonly host: string;
  /** The account of the events. */
  readonly site?: string;
  /** The collect path, where it was renamed. */
  readonly collectPath?: string;
  /** Keep a visitor id in localStorage once consent was given. */
  readonly persist?: boolean;
  /** `no`: neither store nor send anything before consent was given. `yes`: it was given already. */
  readonly consent?: 'yes' | 'no';
  /** The fragment of the URL is a route: it belongs to the path, and a new one is a page view. */
  readonly hash?: boolean;
  /** Query parameters that may be kept, besides `utm_…`. */
  readonly params?: readonly string[];
  /** Count no page views; the site calls `trackflow('pageview')` itself. */
  readonly manual?: boolean;
  /** Say on the console what the collector answered. */
  readonly debug?: boolean;
  /** One hour less than the collector's `spool.dedupHours`, where that was changed. */
  readonly dedupHours?: number;
}

/** Makes the tracker of a page and counts its first view. Call it once, in the browser only. Throws for a bad `host`. */
export function init(options: InitOptions): Trackflow {
  const { host, collectPath = '/v1/events', dedupHours = DEDUP_HOURS, params, ...rest } = options;
  const settings: Readonly<Record<string, unknown>> = { ...rest, params: params?.join() };
  const attribute = (name: string) => {
    const value = settings[name];
    return value === undefined || value === false ? null : String(value);
  };
  return createTracker(attribute, new URL(collectPath, host), dedupHours * 3_600_000);
}
