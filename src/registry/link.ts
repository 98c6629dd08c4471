/** A short link: a host and a path of ours that leads elsewhere. */
export interface Link {
  /** Lower case; with its port where that is not the default one. */
  readonly host: string;
  /** From the slash on, as typed: its case counts. */
  readonly path: string;
  readonly account: string;
  /** Absolute, http or https. */
  readonly target: string;
  readonly disabled: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** One change of a link, kept for ever with it: where it led from then on. */
export interface LinkChange {
  readonly target: string;
  readonly change: 'created' | 'replaced' | 'disabled';
  readonly at: number;
}

export interface NewLink {
  readonly from: string;
  readonly to: string;
  readonly account: string;
}

/** What a link may be at most. */
export const LINK_LIMITS = { urlBytesMax: 2_048, pathCharsMin: 2, changesMax: 100 } as const;

/** Paths that the collector answers itself under any host: no link may take them from it. */
const RESERVED = /^\/(?:$|(?:tr|v1)(?:\/|$)|(?:health|ping|status|metrics|activities|track)(?:\/|$)|trackflow(?:\.|$))/;

/** A link's two ends, or in a sentence why they cannot be one. `ownDomains`: hosts that lead to this collector. */
export function readLink(
  { from, to }: Pick<NewLink, 'from' | 'to'>,
  ownDomains: readonly string[],
): Pick<Link, 'host' | 'path' | 'target'> | string {
  if (from === '' || to === '') return 'a link needs where it is (urlfrom) and where it leads (urlto)';
  for (const [name, url] of [['urlfrom', from] as const, ['urlto', to] as const]) {
    if (Buffer.byteLength(url) > LINK_LIMITS.urlBytesMax) return `${name} is over ${LINK_LIMITS.urlBytesMax} bytes`;
  }
  const source = parseHttp(from);
  const target = parseHttp(to);
  if (source === undefined) return 'urlfrom is no http or https address';
  if (target === undefined) return 'urlto is no http or https address';
  if (source.href === target.href) return 'urlfrom and urlto are the same';
  if (source.pathname.length < LINK_LIMITS.pathCharsMin) return 'urlfrom needs a path of at least one character';
  if (RESERVED.test(source.pathname)) return `${source.pathname} is a path of the collector itself`;
  const leadsHere = target.host === source.host || ownDomains.includes(target.hostname);
  if (leadsHere && !target.pathname.includes('/rdr/')) return 'urlto leads to the collector itself';
  return { host: source.host, path: source.pathname, target: target.href };
}

/** An absolute http or https address without user and password; undefined when it is none. */
export function parseHttp(text: string): URL | undefined {
  // A tab or a line break would be dropped in silence, and a header is made of the result.
  if (!URL.canParse(text) || hasControls(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : undefined;
}

function hasControls(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) <= 0x20) return true;
  return false;
}
