/**
 * Everything that is asked with GET: events, statistics, and how the collector is. Fastify's side of the server; it
 * never sees a request that takes events.
 *
 * Who may ask is in the table of routes. No answer carries CORS headers, so no page of another origin can read one; on
 * loopback the name in `Host` is checked as well. Errors are `{"error":{"code","message","hints"?}}`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isReadRoute, type Need, type ReadRouteId, ROUTES } from '../../../src/access/routes.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import type { Bearer } from '../../access/bearer.ts';
import { type Gatekeeper, isDenied } from '../../access/gatekeeper.ts';
import type { Counters } from '../../telemetry/counters.ts';
import { errorOf, type Failure, INTERNAL } from '../failure.ts';
import type { ReceiverLog } from '../log.ts';
import { countAnswer, failureHeaders, statusOf, statusOfError } from '../respond.ts';
import { WEBSOCKET_PATH } from '../routes.ts';
import { hostGuard, isForeignPage } from './host.ts';
import { boundToAccounts } from './scope.ts';

export const STATS = ['totals', 'timeseries', 'top'] as const;
export type StatsKind = (typeof STATS)[number];

/**
 * Answers of the store, asked by URL parameters. Expected failures are thrown as `TrackflowError`. Statistics without the
 * rows of shards that are away have them in `missing_shards`.
 */
export interface Reads {
  activities(query: URLSearchParams): Promise<ActivitiesPage>;
  stats(kind: StatsKind, query: URLSearchParams): Promise<object>;
  /** Lifetime value by currency. */
  ltv(query: URLSearchParams): Promise<readonly object[]>;
}

export interface ActivitiesPage {
  /** Newest first. */
  readonly rows: readonly object[];
  /** Cursor of the page after this one; empty on the last. */
  readonly next: string;
  /** Shards that are away and whose rows are missing; left out where none is. */
  readonly missingShards?: readonly number[];
}

/** How the daemon is, as it tells others. */
export interface Report {
  health(accept: string): Health | Promise<Health>;
  status(accept: string): object | Promise<object>;
  metrics(accept: string): Metrics | Promise<Metrics>;
}

export interface Health {
  /** Whether events sent now would be taken: 200 or 503. */
  readonly ready: boolean;
  readonly body: object;
}

export interface Metrics {
  readonly contentType: string;
  readonly body: string;
}

export interface ReadsOptions {
  /** Address that they are reached under; empty for a socket file. */
  readonly listenHost: string;
  /** Further names of a loopback address. */
  readonly names: readonly string[];
  readonly gatekeeper: Gatekeeper;
  readonly reads: Reads;
  readonly report: Report;
  readonly counters: Counters;
  readonly log: ReceiverLog;
  /** Whether the receiver is stopping, so that no connection is kept. */
  readonly isStopping: () => boolean;
}

/** Makes the handler of every request that does not take events. */
export async function openReads(
  options: ReadsOptions,
): Promise<{ handle(req: IncomingMessage, res: ServerResponse): void; close(): Promise<void> }> {
  const app = Fastify({ logger: false, exposeHeadRoutes: true });
  guard(app, options);
  addRoutes(app, options);
  await app.ready();
  return { handle: (req, res) => app.routing(req, res), close: () => app.close() };
}

function guard(app: FastifyInstance, { listenHost, names, gatekeeper, counters, log, isStopping }: ReadsOptions): void {
  const isAllowedHost = hostGuard(listenHost, names);
  app.decorateRequest('bearer', null);
  app.addHook('onRequest', async (request) => {
    // Before Fastify reads a body that nobody asked for.
    if (request.is404) throw new FailureError(unknownRoute(app, request));
    const { needs } = request.routeOptions.config as { needs?: Need };
    // Probes of balancers ask under any name, and learn nothing but yes or no.
    if (needs === undefined || needs === 'nothing') return;
    const { origin, 'sec-fetch-site': site } = request.raw.headers;
    // HTTP/2 has its own word for it.
    const host = request.raw.headers.host ?? (request.raw.headers[':authority'] as string | undefined);
    if (!isAllowedHost(host)) throw new FailureError(HOST_NOT_ALLOWED);
    if (isForeignPage(host, origin, site as string | undefined)) throw new FailureError(FOREIGN_PAGE);
    const granted = await gatekeeper.enter(request.raw, needs);
    if (isDenied(granted)) throw new FailureError(granted);
    request.setDecorator('bearer', granted.bearer);
  });
  app.addHook('onSend', async (request, reply) => {
    if (isStopping() && request.raw.httpVersionMajor === 1) reply.header('Connection', 'close');
    reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  });
  app.addHook('onResponse', async (_request, reply) => countAnswer(counters, reply.statusCode));
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, log));
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Every row of the table that is read gets its answer here; one without the other does not compile. */
function addRoutes(app: FastifyInstance, { reads, report }: ReadsOptions): void {
  const statistic =
    (kind: StatsKind): Answer =>
    async (request) =>
      reads.stats(kind, queryOf(request));
  const answers: Readonly<Record<ReadRouteId, Answer>> = {
    activities: async (request, reply) => {
      const query = queryOf(request);
      const page = await reads.activities(query);
      if (page.next !== '') {
        query.set('cursor', page.next);
        reply.header('Link', `</activities?${query}>; rel="next"`);
      }
      // The body is the bare array of its dialect: what it lacks is told beside it.
      if (page.missingShards !== undefined) reply.header('X-Missing-Shards', page.missingShards.join(','));
      return page.rows;
    },
    totals: statistic('totals'),
    timeseries: statistic('timeseries'),
    top: statistic('top'),
    ltv: async (request) => ({ results: await reads.ltv(queryOf(request)) }),
    health: async (request, reply) => {
      const { ready, body } = await report.health(request.headers.accept ?? '');
      return reply.code(ready ? 200 : 503).send(body);
    },
    ping: async (_request, reply) => reply.type('text/plain; charset=utf-8').send('pong'),
    status: async (request) => report.status(request.headers.accept ?? ''),
    metrics: async (request, reply) => {
      const { contentType, body } = await report.metrics(request.headers.accept ?? '');
      return reply.type(contentType).send(body);
    },
  };
  for (const { id, path, needs } of ROUTES) {
    if (isReadRoute(id)) app.get(path, { config: { needs } }, answers[id]);
  }
  app.get(WEBSOCKET_PATH, async () => {
    throw new FailureError(UPGRADE_REQUIRED);
  });
}

const HOST_NOT_ALLOWED: Failure = {
  code: 'host_not_allowed',
  message: 'On a loopback address reads answer only to loopback names; ask by 127.0.0.1 or localhost.',
};
const FOREIGN_PAGE: Failure = { code: 'forbidden', message: 'Pages of other origins may not read here.' };
const UPGRADE_REQUIRED: Failure = {
  code: 'upgrade_required',
  message: 'This path takes WebSocket connections.',
  headers: ['Upgrade', 'websocket'],
};

function unknownRoute(app: FastifyInstance, request: FastifyRequest): Failure {
  const path = pathOf(request);
  return app.hasRoute({ method: 'GET', url: path })
    ? { code: 'method_not_allowed', message: `${path} is read with GET.`, headers: ['Allow', 'GET, HEAD'] }
    : { code: 'not_found', message: 'There is nothing at this path.' };
}

/** Carries a failure through Fastify, which wants errors. */
class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function sendError(reply: FastifyReply, error: unknown, log: ReceiverLog): FastifyReply {
  if (error instanceof TrackflowError) {
    const { code, message, hints } = error;
    const status = statusOfError(code);
    if (status >= 500) log.warn({ err: error }, 'read_failed');
    return reply.code(status).send({ error: { code, message, hints } });
  }
  const failure = failureOf(error);
  if (failure === INTERNAL) log.error({ err: error }, 'read_defect');
  const headers = failureHeaders(failure);
  for (let index = 0; index < headers.length; index += 2) reply.header(headers[index]!, headers[index + 1]!);
  return reply.code(statusOf(failure)).send({ error: errorOf(failure) });
}

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const { statusCode = 500 } = error as { statusCode?: number };
  return statusCode < 500 ? BAD_REQUEST : INTERNAL;
}

/** What Fastify itself turns down: a path that cannot be decoded, a body where none belongs. */
const BAD_REQUEST: Failure = { code: 'bad_request', message: 'The request cannot be understood.' };

function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** What is asked for, bound to the accounts of the one who asks. */
function queryOf(request: FastifyRequest): URLSearchParams {
  const { url } = request;
  const at = url.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
  const failure = boundToAccounts(query, request.getDecorator<Bearer>('bearer'));
  if (failure !== undefined) throw new FailureError(failure);
  return query;
}
