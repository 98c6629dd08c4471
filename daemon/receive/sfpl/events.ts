import type { IncomingMessage } from 'node:http';
import type { Sender } from '../../../src/event/event.ts';
import { DEFAULT_ACCOUNT } from '../../../src/event/limits.ts';
import { isRejection, type Rejection } from '../../../src/event/rejection.ts';
import { parseHttp } from '../../../src/registry/link.ts';
import { ONE_EVENT } from '../body/object.ts';
import type { Failure } from '../failure.ts';
import type { Outcome } from '../outcome.ts';
import type { SfplContext } from './context.ts';
import { type HitCookies, readCookies, setCookies } from './cookies.ts';
import { type Answer, answerOf, type Exchange, faultyBody, JSON_TYPE } from './exchange.ts';
import { type Hit, hitDialect } from './hit.ts';
import { addObject, addPathPairs, addQuery, addUserHeader, type Params, textOf } from './params.ts';

/** How a route takes and answers an event. */
interface Route {
  /** A browser speaks for itself, as opposed to a server for its visitors. */
  readonly isClient: boolean;
  /** Whether other methods than GET and POST are answered too, without being tracked. */
  readonly anyMethod: boolean;
  readonly fallbackName?: string;
  /** Where to, for a route that redirects. */
  readonly redirects: boolean;
  well(hit: Hit): Answer;
}

/** The smallest picture there is: one transparent pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const EMPTY: Answer = { status: 200 };
const METHODS = 'GET, POST, OPTIONS';

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['tr', { isClient: true, anyMethod: false, redirects: false, well: () => EMPTY }],
  [
    'str',
    {
      isClient: false,
      anyMethod: false,
      redirects: false,
      well: (hit) => ({ status: 200, type: JSON_TYPE, body: JSON.stringify(hit.event?.event_id ?? '') }),
    },
  ],
  [
    'img',
    {
      isClient: true,
      anyMethod: true,
      redirects: false,
      well: () => ({ status: 200, type: 'image/gif', body: PIXEL }),
    },
  ],
  ['rdr', { isClient: false, anyMethod: true, redirects: true, fallbackName: 'redirect', well: () => EMPTY }],
  ['xrdr', { isClient: true, anyMethod: true, redirects: true, fallbackName: 'redirect', well: () => EMPTY }],
]);

const METHOD_NOT_ALLOWED: Failure = {
  code: 'method_not_allowed',
  message: 'Events are sent with GET or POST.',
  headers: ['Allow', METHODS],
};
const NOT_ALLOWED_TARGET: Failure = {
  code: 'bad_request',
  message:
    'This address may not be redirected to: it is no target of a short link, and its host is not in sfpl.redirectHosts.',
};

/** The routes that take events: `tr`, `str`, `img`, `rdr`, `xrdr`. */
export class EventRoutes {
  readonly #context: SfplContext;
  readonly #dialect;

  constructor(context: SfplContext) {
    this.#context = context;
    this.#dialect = hitDialect(context);
  }

  /** Takes a request to the route of that name; false when there is none. `rest`: the path behind it. */
  handle(name: string, rest: string, exchange: Exchange, expectsContinue: boolean): boolean {
    const route = ROUTES.get(name);
    if (route === undefined) return false;
    const { method } = exchange.req;
    if (method === 'OPTIONS') exchange.preflight(METHODS);
    else if (method === 'GET') {
      const params = this.params(exchange.req, rest);
      addQuery(params, exchange.search, this.#context.config.ignoreQueryKey);
      void exchange.run(() => this.#track(route, exchange, params));
    } else if (method === 'POST') {
      exchange.collect(expectsContinue, ONE_EVENT, (body) => {
        const params = this.params(exchange.req, rest);
        if (!isRejection(body)) addObject(params, body);
        void exchange.run(() => this.#track(route, exchange, params, isRejection(body) ? body : undefined));
      });
    } else if (route.anyMethod) this.#answerUntracked(route, exchange);
    else exchange.refuse(METHOD_NOT_ALLOWED);
    return true;
  }

  /** What headers, cookies and path say, before query or body. */
  params(req: IncomingMessage, rest: string): Params {
    const params: Params = new Map();
    addUserHeader(params, req.headers.user as string | undefined);
    const { vid, sid, ehash, flags } = readCookies(req.headers.cookie);
    addObject(params, { vid, cflags: flags, ehash, sid });
    addPathPairs(params, rest);
    return params;
  }

  /** One hit of a browser or server down the road and into the spool. */
  async take(hit: Omit<Hit, 'storedFlags'>, exchange: Exchange, fault?: Rejection): Promise<Outcome | Failure> {
    const { intake } = this.#context.parts;
    const storedFlags = await storedFlagsOf(this.#context, hit.params, exchange.sender);
    // The dialect writes into the hit that the caller has in hand.
    const judgedHit = Object.assign(hit, { storedFlags });
    const body = fault === undefined ? { wires: [judgedHit], faults: NO_FAULTS } : faultyBody(fault);
    const judged = intake.judge(body, this.#dialect, exchange.sender);
    return intake.commit(judged, exchange.bytes, exchange.begunAt, exchange.grant);
  }

  /** Headers for the cookies that a hit came to. */
  cookieHeaders(hit: Hit, exchange: Exchange): readonly string[] {
    if (hit.given === undefined) return [];
    const cookies = setCookies(exchange.host, hit.given, this.#context.sessionSeconds);
    return cookies.flatMap((cookie) => ['Set-Cookie', cookie]);
  }

  async #track(route: Route, exchange: Exchange, params: Params, fault?: Rejection): Promise<Answer> {
    const { isClient, fallbackName } = route;
    const target = route.redirects ? this.#target(textOf(params, 'url')) : '';
    if (typeof target !== 'string') return answerOf(target, () => EMPTY);
    const cookies: HitCookies = readCookies(exchange.req.headers.cookie);
    const hit: Hit = { params, cookies, isClient, storedFlags: undefined, ...(fallbackName && { fallbackName }) };
    const result = await this.take(hit, exchange, fault);
    const well = () => (route.redirects ? redirectTo(target) : route.well(hit));
    const answer = answerOf(result, well);
    return { ...answer, headers: [...(answer.headers ?? []), ...this.cookieHeaders(hit, exchange)] };
  }

  #answerUntracked(route: Route, exchange: Exchange): void {
    const target = route.redirects ? this.#target(new URLSearchParams(exchange.search).get('url') ?? '') : '';
    if (typeof target !== 'string') exchange.answer(answerOf(target, () => EMPTY));
    else exchange.answer(route.redirects ? redirectTo(target) : route.well(UNTRACKED));
  }

  /** Where a redirect goes: only to what is stored as the target of a link, or to a host that is allowed. */
  #target(url: string): string | Failure {
    const { redirectDefault, redirectHosts } = this.#context.config;
    const wanted = parseHttp(url === '' ? redirectDefault : url);
    if (wanted === undefined) return NOT_ALLOWED_TARGET;
    if (url === '' || this.#context.registry.links().leadsTo(wanted.href)) return wanted.href;
    return redirectHosts.some((host) => fits(wanted.host, wanted.hostname, host)) ? wanted.href : NOT_ALLOWED_TARGET;
  }
}

const NO_FAULTS: ReadonlyMap<number, Rejection> = new Map();
const UNTRACKED: Hit = {
  params: new Map(),
  cookies: readCookies(undefined),
  isClient: false,
  storedFlags: undefined,
};

export function redirectTo(target: string): Answer {
  return { status: 302, headers: ['Location', target] };
}

/** The flags that are known of the visitor a hit names, where it says none itself. */
export async function storedFlagsOf(
  { registry }: SfplContext,
  params: Params,
  { grant }: Sender,
): Promise<number | undefined> {
  const visitorId = textOf(params, 'vid');
  if (visitorId === '' || params.has('cflags')) return undefined;
  const row = { account: textOf(params, 'oid') || DEFAULT_ACCOUNT };
  // An event without an account has that of its sender's key.
  grant?.admit(row);
  const { account } = row;
  const consent = await registry.ask({ ask: 'consent', account, visitorId });
  if (consent !== null || account === DEFAULT_ACCOUNT) return consent?.flags;
  // Pages say what was agreed to without an account, and servers say events with one.
  return (await registry.ask({ ask: 'consent', account: DEFAULT_ACCOUNT, visitorId }))?.flags;
}

/** `shop.example` is that host under any port, `shop.example:8443` under that one, `*.example` every host below it. */
function fits(host: string, hostname: string, allowed: string): boolean {
  if (allowed.startsWith('*.')) return hostname.endsWith(allowed.slice(1)) && hostname.length > allowed.length - 1;
  return allowed === hostname || allowed === host;
}
