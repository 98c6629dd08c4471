import { getDomain } from 'tldts';

/** The cookies that are read, by name. Values that no header of ours could hold are left out. */
export interface HitCookies {
  readonly vid: string;
  readonly sid: string;
  readonly ehash: string;
  /** `CookieConsent`: the flags that the visitor agreed to; undefined when there is none, or it is no whole number. */
  readonly flags: number | undefined;
}

/** Browsers keep none for longer. */
const VISITOR_SECONDS = 400 * 86_400;
const VALUE_CHARS_MAX = 128;

export function readCookies(header: string | undefined): HitCookies {
  const found = new Map<string, string>();
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const name = pair.slice(0, equals).trim();
    // Of two by one name the browser sends the one with the longer path first; that is the one that is meant.
    if (READ.has(name) && !found.has(name)) found.set(name, cookieText(pair.slice(equals + 1).trim()));
  }
  const flags = found.get('CookieConsent') ?? '';
  return {
    vid: found.get('vid') ?? '',
    sid: found.get('sid') ?? '',
    ehash: found.get('ehash') ?? '',
    flags: /^\d{1,15}$/.test(flags) ? Number(flags) : undefined,
  };
}

const READ = new Set(['vid', 'sid', 'ehash', 'CookieConsent']);

/**
 * `Set-Cookie` for visitor and session. They are for the site (the domain that one can register, by the public suffix
 * list) when the collector is reached under a name of it, else for the host alone; over TLS only, never sent along from
 * other sites. A script of the page may read them: the tracker of that system does.
 */
export function setCookies(
  host: string,
  ids: { readonly vid: string; readonly sid: string },
  sessionSeconds: number,
): readonly string[] {
  const domain = siteOf(host);
  const rest = `Path=/;${domain === '' ? '' : ` Domain=${domain};`} Secure; SameSite=Lax`;
  const cookies: string[] = [];
  if (ids.vid !== '') cookies.push(`vid=${encodeURIComponent(ids.vid)}; Max-Age=${VISITOR_SECONDS}; ${rest}`);
  if (ids.sid !== '') cookies.push(`sid=${encodeURIComponent(ids.sid)}; Max-Age=${sessionSeconds}; ${rest}`);
  return cookies;
}

/** The domain that one can register of a `Host`; empty for addresses, single names and public suffixes themselves. */
export function siteOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? '';
}

function cookieText(text: string): string {
  const plain = text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
  let value = plain;
  try {
    value = decodeURIComponent(plain);
  } catch {
    // Stands for itself.
  }
  return value.length <= VALUE_CHARS_MAX && !/[^\x21-\x7e]/.test(value) ? value : '';
}
