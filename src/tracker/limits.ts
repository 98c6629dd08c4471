/** Limits and times of the tracker. They are inlined: a name costs nothing. */

/** Waiting events of a site: about a million characters, of the five million that localStorage has for its origin. */
export const EVENTS_MAX = 2_000;
/** The queue is counted for each of so many events; a tab can be over the limit by as many. */
export const EVENTS_PER_COUNT = 100;
/** A batch ends with the event that goes over this many characters. */
export const BATCH_CHARS_MAX = 16_000;
/** A body below it is below the 64 KiB that browsers allow keepalive requests, at three bytes a character. */
export const KEEPALIVE_CHARS_MAX = 20_000;
/** What is tracked within this time goes into one request. */
export const GATHER_MS = 100;
/** How long an answer is waited for, and how long a lease holds. */
export const LEASE_MS = 30_000;
/** What one tab does to the storage is seen by all after this time, unless the machine is very busy. */
export const SEEN_MS = 100;
/** How often a tab with waiting events looks whether everybody still waits. */
export const LOOK_MS = 1_000;
/** Most that is waited after the first failure; the wait is random, and its bound about doubles with each failure. */
export const RETRY_MS = 1_000;
export const RETRY_MS_MAX = 300_000;
/** Longest Retry-After that is kept to. A longer wait in storage is none: the clock was set back. */
export const WAIT_MS_MAX = 3_600_000;
/** Until a route has settled: routers replace one another's, and titles follow them. */
export const SETTLE_MS = 50;
/** The longest URL that the collector takes. */
export const URL_CHARS_MAX = 4_096;
/** The longest title that the collector takes, at three bytes a character. */
export const TITLE_CHARS_MAX = 170;
/** Characters of a UUID. */
export const ID_CHARS = 36;
/** Digits of a mark, which are milliseconds since 1970. */
export const MARK_DIGITS = 13;
