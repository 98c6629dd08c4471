/**
 * `/tr/v1`: the wire of sfproductlabs/tracker (reference/seed-systems.md 2.3 to 2.9), and its short links at every other path.
 *
 * Promises: what the wire promises, and besides: a request is answered as done only when what it brought is durable; what
 * is stored, answered and put into cookies is the same id; no address leads elsewhere that is not stored or allowed. Holds
 * nothing but copies that the main thread keeps up to date.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { trNeed } from '../../../src/access/routes.ts';
import type { Denial } from '../../access/denial.ts';
import { isDenied } from '../../access/gatekeeper.ts';
import type { Grant } from '../../access/grant.ts';
import type { Failure } from '../failure.ts';
import type { Mount, OpenMount } from '../mount.ts';
import type { ReceiverParts } from '../parts.ts';
import type { Messages } from '../websocket/messages.ts';
import type { SfplContext, SfplOptions } from './context.ts';
import { EventRoutes } from './events.ts';
import { Exchange, refuseRequest } from './exchange.ts';
import { LinkRoutes, unknownPath } from './links.ts';
import { PaymentRoutes } from './payments.ts';
import { PrivacyRoutes } from './privacy.ts';
import { socketMessages } from './socket.ts';
import { Timezones } from './timezones.ts';

const PREFIX = '/tr/v1/';
const SOCKET = '/tr/v1/ws';

export function openSfpl(options: SfplOptions): OpenMount {
  return (parts) => new Sfpl(options, parts);
}

class Sfpl implements Mount {
  readonly #context: SfplContext;
  readonly #events: EventRoutes;
  readonly #payments: PaymentRoutes;
  readonly #links: LinkRoutes;
  readonly #privacy: PrivacyRoutes;

  constructor(options: SfplOptions, parts: ReceiverParts) {
    this.#context = { ...options, parts, timezones: new Timezones() };
    this.#events = new EventRoutes(this.#context);
    this.#payments = new PaymentRoutes(this.#context, this.#events);
    this.#links = new LinkRoutes(this.#context, this.#events);
    this.#privacy = new PrivacyRoutes(this.#context, this.#events);
  }

  handle(req: IncomingMessage, res: ServerResponse, path: string, expectsContinue: boolean): boolean {
    if (path.startsWith(PREFIX)) {
      const slash = path.indexOf('/', PREFIX.length);
      const name = slash === -1 ? path.slice(PREFIX.length) : path.slice(PREFIX.length, slash);
      const rest = slash === -1 ? '' : path.slice(slash + 1);
      // Who may make links is asked where they are made; a preflight carries no key.
      const needs = trNeed(name) === 'administer' || req.method === 'OPTIONS' ? 'nothing' : 'write';
      this.#enter(req, res, needs, (exchange) => this.#route(name, rest, exchange, expectsContinue));
      return true;
    }
    const link = this.#links.at(req, path);
    if (link === undefined) return false;
    this.#enter(req, res, 'nothing', (exchange) => this.#links.follow(link, exchange));
    return true;
  }

  messages(req: IncomingMessage, path: string): Messages | Failure | undefined {
    if (path !== SOCKET && !path.startsWith(`${SOCKET}/`)) return undefined;
    const url = req.url!;
    const query = url.indexOf('?');
    const search = query === -1 ? '' : url.slice(query + 1);
    return socketMessages(this.#context, this.#events, req, path.slice(SOCKET.length + 1), search);
  }

  /** Goes on with whoever may; a token of somebody else's may have to be asked about first. */
  #enter(
    req: IncomingMessage,
    res: ServerResponse,
    needs: 'write' | 'nothing',
    goOn: (exchange: Exchange) => void,
  ): void {
    const enter = (granted: Grant | Denial) => {
      if (isDenied(granted)) refuseRequest(this.#context, req, res, granted);
      else goOn(new Exchange(this.#context, req, res, granted));
    };
    const entry = this.#context.parts.gatekeeper.enter(req, needs);
    if (entry instanceof Promise) void entry.then(enter);
    else enter(entry);
  }

  #route(name: string, rest: string, exchange: Exchange, expectsContinue: boolean): void {
    if (this.#events.handle(name, rest, exchange, expectsContinue)) return;
    if (name === 'ltv') this.#payments.handle(rest, exchange, expectsContinue);
    else if (name === 'ppi') this.#privacy.handle(rest, exchange, expectsContinue);
    else if (name !== 'rpi' || !this.#links.handle(rest, exchange, expectsContinue)) exchange.answer(unknownPath());
  }
}
