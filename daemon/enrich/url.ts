import type { Event } from '../../src/event/event.ts';
import { cutText } from './text.ts';

/**
 * Splits `url` and `referrer` and reads campaign tags and click ids from the page's query. Fields that the sender states
 * win over what the URL says.
 *
 * A fragment is cut off (it never reaches a web server, and sign-in tokens travel in it; a page with hash routes states
 * `path`), and so is a user name with password. All else of `url` stays as given. A text that is no URL stays and
 * yields nothing. What is derived is cut to its column's limit: the whole still stands in `url`.
 */
export function readUrls(event: Event): void {
  if (event.url !== '') readPage(event);
  if (event.host !== '') event.host = event.host.toLowerCase();
  if (event.referrer !== '') {
    const referrer = splitUrl(event.referrer);
    event.referrer = cutText(referrer.url, URL_BYTES_MAX);
    event.referrer_host = cutText(referrer.host, HOST_BYTES_MAX);
  }
}

const URL_BYTES_MAX = 4_096;
const HOST_BYTES_MAX = 255;
const PATH_BYTES_MAX = 2_048;
const TAG_BYTES_MAX = 255;
const CLICK_ID_BYTES_MAX = 512;
const SCHEME_CHARS_MAX = 32;

type Tag = 'utm_source' | 'utm_medium' | 'utm_campaign' | 'utm_term' | 'utm_content';

const TAGS: ReadonlyMap<string, Tag> = new Map<string, Tag>([
  ['utm_source', 'utm_source'],
  ['utm_medium', 'utm_medium'],
  ['utm_campaign', 'utm_campaign'],
  ['utm_term', 'utm_term'],
  ['utm_content', 'utm_content'],
]);

/** Query parameters in which advertising networks mark a click. */
const CLICK_IDS: ReadonlySet<string> = new Set([
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'fbclid',
  'msclkid',
  'ttclid',
  'twclid',
  'li_fat_id',
  'yclid',
  'rdt_cid',
  'epik',
  'sccid',
  'ScCid',
  'irclickid',
  'qclid',
]);

/** The longest name in `TAGS` and `CLICK_IDS`: a longer parameter is not looked up. */
const NAME_CHARS_MAX = 12;

function readPage(event: Event): void {
  const page = splitUrl(event.url);
  event.url = cutText(page.url, URL_BYTES_MAX); // only the WHATWG parser, which adds escapes, can make it longer
  if (event.host === '') event.host = cutText(page.host, HOST_BYTES_MAX);
  if (event.path === '') event.path = cutText(page.path, PATH_BYTES_MAX);
  if (page.query !== -1) readQuery(page.url, page.query, event);
}

/** Reads the parameters from `start` (behind the question mark) on. Of several click ids the first one counts. */
function readQuery(url: string, start: number, event: Event): void {
  let at = start;
  let equals = -1;
  while (at < url.length) {
    let end = url.indexOf('&', at);
    if (end === -1) end = url.length;
    if (equals < at) equals = url.indexOf('=', at); // else the one found before still lies ahead: never scan twice
    if (equals === -1) return;
    if (equals < end && equals + 1 < end && equals - at <= NAME_CHARS_MAX) {
      readParameter(url.slice(at, equals), url, equals + 1, end, event);
    }
    at = end + 1;
  }
}

function readParameter(name: string, url: string, start: number, end: number, event: Event): void {
  const tag = TAGS.get(name);
  if (tag !== undefined) {
    if (event[tag] === '') event[tag] = cutText(decode(url.slice(start, end)), TAG_BYTES_MAX);
    return;
  }
  if (event.click_id !== '' || !CLICK_IDS.has(name)) return;
  event.click_id = cutText(decode(url.slice(start, end)), CLICK_ID_BYTES_MAX);
  if (event.click_id_type === '') event.click_id_type = name;
}

/** A query value as text. What is no valid encoding stays as it stands. */
function decode(value: string): string {
  const spaced = value.includes('+') ? value.replaceAll('+', ' ') : value;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced).replaceAll('\0', '\uFFFD');
  } catch {
    return spaced;
  }
}

interface SplitUrl {
  /** Without fragment, user name and password. */
  readonly url: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly path: string;
  /** Where the query starts in `url`, behind the question mark; -1 when there is none. */
  readonly query: number;
}

/**
 * Splits an absolute URL of any scheme with `//`, or a path. Plain hosts are split by hand; whatever is unusual in the
 * authority (user name, IPv6, escapes, letters beyond ASCII) goes through the WHATWG parser.
 */
function splitUrl(text: string): SplitUrl {
  const fragment = text.indexOf('#');
  const url = fragment === -1 ? text : text.slice(0, fragment);
  const mark = url.indexOf('?');
  const pathEnd = mark === -1 ? url.length : mark;
  const query = mark === -1 ? -1 : mark + 1;
  if (url.charCodeAt(0) === SLASH && url.charCodeAt(1) !== SLASH) {
    return { url, host: '', path: url.slice(0, pathEnd), query };
  }
  const authority = authorityStart(url);
  if (authority === -1 || authority > pathEnd) return { url, host: '', path: '', query: -1 };

  let at = authority;
  let hostEnd = -1;
  let upper = false;
  for (; at < pathEnd; at++) {
    const code = url.charCodeAt(at);
    if (code === SLASH) break;
    if (code === COLON && hostEnd === -1) hostEnd = at;
    else if (code >= 0x41 && code <= 0x5a) upper = true;
    else if (!isHostChar(code)) return splitUnusual(url);
  }
  const host = url.slice(authority, hostEnd === -1 ? at : hostEnd);
  return { url, host: upper ? host.toLowerCase() : host, path: at === pathEnd ? '/' : url.slice(at, pathEnd), query };
}

function splitUnusual(text: string): SplitUrl {
  const url = URL.parse(text);
  if (url === null) return { url: text, host: '', path: '', query: -1 };
  if (url.username === '' && url.password === '') {
    return { url: text, host: url.hostname, path: url.pathname, query: text.indexOf('?') + 1 || -1 };
  }
  url.username = '';
  url.password = '';
  return { url: url.href, host: url.hostname, path: url.pathname, query: url.href.indexOf('?') + 1 || -1 };
}

const SLASH = 0x2f;
const COLON = 0x3a;

/** Where the host begins: behind `scheme://`, or behind a leading `//`. -1 when the text has neither. */
function authorityStart(url: string): number {
  const slashes = url.indexOf('//');
  if (slashes === 0) return 2;
  if (slashes === -1 || slashes > SCHEME_CHARS_MAX || url.charCodeAt(slashes - 1) !== COLON) return -1;
  for (let index = 0; index < slashes - 1; index++) {
    if (!isSchemeChar(url.charCodeAt(index))) return -1;
  }
  return slashes === 1 ? -1 : slashes + 2;
}

function isHostChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2d || code === 0x5f
  );
}

function isSchemeChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e
  );
}
