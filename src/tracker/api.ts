/** A value of an event's `properties`. Nesting, keys and lengths are limited by the collector, which rejects what is over. */
export type PropertyValue = string | number | boolean | null | undefined | readonly PropertyValue[] | Properties;

/** What a site says about an event in its own words. */
export interface Properties {
  readonly [key: string]: PropertyValue;
}

/** What a site may say about an event in the collector's words, in place of what the page says. */
export interface EventFields {
  readonly type?: string | undefined;
  readonly url?: string | undefined;
  readonly path?: string | null | undefined;
  readonly title?: string | undefined;
  readonly referrer?: string | undefined;
  /** A number, or a decimal text of at most four decimals. */
  readonly revenue?: number | string | undefined;
  /** ISO 4217. */
  readonly currency?: string | undefined;
}

/** An event as it is sent: the names are those of `POST /v1/events`. */
export interface WireEvent extends EventFields {
  readonly event_id: string;
  readonly account: string | null | undefined;
  readonly name: string;
  readonly occurred_at: string;
  readonly screen?: string | undefined;
  readonly timezone?: string | undefined;
  readonly user_id: string | null | undefined;
  readonly visitor_id: string | null | undefined;
  readonly properties: Properties;
}

/** The tracker of a page. No call throws or blocks, and none does anything after an opt-out. */
export interface Trackflow {
  /** Tracks an event: `trackflow('purchase', { plan: 'pro' }, { revenue: 49, currency: 'EUR' })`. */
  (name: string, properties?: Properties | null, fields?: EventFields | null): void;
  /** Names the user of this page's later events, and tracks `identify` with what is known of them; null forgets. */
  identify(userId: string | null, traits?: Properties): void;
  /**
   * true: an id may be kept where `persist` asks for one, and tracking begins where it waited for consent. false: nothing
   * is tracked any more, what waits is deleted and so is the id; it lasts until true.
   */
  consent(given: boolean): void;
  /** The page's last view; undefined before the first. */
  view?: WireEvent;
}

/** Something that tracks by itself, in a file of its own. `prefix` begins the attributes that it reads: `data-`. */
export type Option = (trackflow: Trackflow, prefix?: string) => void;
