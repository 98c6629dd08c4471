import type { IncomingMessage } from 'node:http';
import { TrackflowError } from '../../../src/errors/error.ts';
import { DEFAULT_ACCOUNT } from '../../../src/event/limits.ts';
import { isRejection } from '../../../src/event/rejection.ts';
import type { Link } from '../../../src/registry/link.ts';
import { ONE_EVENT } from '../body/object.ts';
import type { Failure } from '../failure.ts';
import type { SfplContext } from './context.ts';
import { readCookies } from './cookies.ts';
import { type EventRoutes, redirectTo } from './events.ts';
import { type Answer, answerOf, type Exchange, hostOf, JSON_TYPE, TEXT_TYPE } from './exchange.ts';
import type { Hit } from './hit.ts';
import { addQuery } from './params.ts';

const PATH_CREDENTIALS: Failure = {
  code: 'bad_request',
  message: 'User and password do not belong into a path: send them in Authorization, or set sfpl.pathCredentials.',
};
const NOT_ALLOWED: Failure = {
  code: 'forbidden',
  message: 'Links are made and listed with an admin key for all accounts, from this machine, or with trackflow links.',
};

/** Short links: `rpi/redirect` makes one, `rpi/redirects` lists them, and every path that is one leads where it leads. */
export class LinkRoutes {
  readonly #context: SfplContext;
  readonly #events: EventRoutes;

  constructor(context: SfplContext, events: EventRoutes) {
    this.#context = context;
    this.#events = events;
  }

  /** `rest`: `redirect`, `redirects/HOST`, or the same with `/USER/PASSWORD` behind the first word. */
  handle(rest: string, exchange: Exchange, expectsContinue: boolean): boolean {
    const [action, ...parts] = rest.split('/').filter((part) => part !== '');
    const { method } = exchange.req;
    if (action === 'redirect' && method === 'POST') {
      const failure = this.#refusal(exchange, parts.length > 0);
      if (failure !== undefined) exchange.refuse(failure);
      else {
        exchange.collect(expectsContinue, ONE_EVENT, (body) => {
          void exchange.run(() => (isRejection(body) ? Promise.resolve(badLink(body.message)) : this.#put(body)));
        });
      }
      return true;
    }
    if (action === 'redirects' && method === 'GET') {
      const inPath = parts.length > 1;
      const failure = this.#refusal(exchange, inPath);
      if (failure !== undefined) exchange.refuse(failure);
      else void exchange.run(() => this.#list(inPath ? parts[2] : parts[0], exchange));
      return true;
    }
    return false;
  }

  /** The link that a request is for, if it is. */
  at(req: IncomingMessage, path: string): Link | undefined {
    if (req.method !== 'GET' && req.method !== 'HEAD') return undefined;
    return this.#context.registry.links().find(hostOf(req, this.#context.parts.clientAddress), path);
  }

  follow(link: Link, exchange: Exchange): void {
    if (exchange.req.method === 'HEAD') exchange.answer(redirectTo(link.target));
    else void exchange.run(() => this.#follow(link, exchange));
  }

  /** The visitor gets where the link leads whether the hit could be taken or not. */
  async #follow(link: Link, exchange: Exchange): Promise<Answer> {
    const params = this.#events.params(exchange.req, '');
    addQuery(params, exchange.search, this.#context.config.ignoreQueryKey);
    params.set('etyp', 'redirect');
    params.set('ename', 'short_rdr');
    params.set('oid', link.account);
    params.set('url', `http://${link.host}${link.path}`);
    params.set('target', link.target);
    const cookies = readCookies(exchange.req.headers.cookie);
    const hit: Hit = { params, cookies, isClient: true, storedFlags: undefined };
    try {
      await this.#events.take(hit, exchange);
    } catch (error) {
      this.#context.parts.log.error({ err: error }, 'request_defect');
    }
    const answer = redirectTo(link.target);
    return { ...answer, headers: [...answer.headers!, ...this.#events.cookieHeaders(hit, exchange)] };
  }

  async #put(body: Readonly<Record<string, unknown>>): Promise<Answer> {
    const { urlfrom, urlto, oid } = body;
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    try {
      await this.#context.registry.ask({
        ask: 'put_link',
        link: { from: text(urlfrom), to: text(urlto), account: text(oid) || DEFAULT_ACCOUNT },
      });
      return { status: 200 };
    } catch (error) {
      if (error instanceof TrackflowError && error.code === 'TF_INPUT') return badLink(error.message);
      throw error;
    }
  }

  /** Links of a host, and of one account where `oid` names it. */
  async #list(host: string | undefined, exchange: Exchange): Promise<Answer> {
    const oid = new URLSearchParams(exchange.search).get('oid');
    const links = await this.#context.registry.ask({
      ask: 'links',
      ...(host !== undefined && { host: decodeURIComponent(host).toLowerCase() }),
      ...(oid !== null && { account: oid }),
    });
    const results = links.map((link) => ({
      urlfrom: link.host + link.path,
      hostfrom: link.host,
      slugfrom: link.path,
      urlto: link.target,
      oid: link.account,
      disabled: link.disabled,
      created_at: new Date(link.createdAt).toISOString(),
      updated_at: new Date(link.changedAt).toISOString(),
    }));
    return { status: 200, type: JSON_TYPE, body: JSON.stringify({ results }) };
  }

  /**
   * Why this sender may not administer links: whoever makes them leads visitors anywhere. It takes an admin key for all
   * accounts, or this machine itself; a browser on it may be asking for any page, under any name.
   */
  #refusal({ req, sender, grant }: Exchange, credentialsInPath: boolean): Failure | undefined {
    const { config, parts } = this.#context;
    if (credentialsInPath && !config.pathCredentials) return PATH_CREDENTIALS;
    if (credentialsInPath) parts.log.warn({}, 'path_credentials');
    const { credentials, accounts } = grant.bearer;
    const isAdmin = credentials.includes('admin') && accounts.size === 0;
    const isBrowser = req.headers.origin !== undefined || req.headers['sec-fetch-site'] !== undefined;
    return isAdmin || (credentials.includes('none') && sender.trusted && !isBrowser) ? undefined : NOT_ALLOWED;
  }
}

function badLink(message: string): Answer {
  return { status: 400, type: TEXT_TYPE, body: message };
}

/** What a path that is nothing at all is answered, when it stands below a path of this wire. */
export function unknownPath(): Answer {
  return answerOf({ code: 'not_found', message: 'There is nothing at this path.' }, () => ({ status: 404 }));
}
