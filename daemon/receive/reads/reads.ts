/**
 * Everything that is asked with GET: events, statistics, and how the collector is. Fastify's side of the server; it
 * never sees a request that takes events.
 *
 * No answer carries CORS headers, so no page of another origin can read one; on loopback the name in `Host` is checked
 * as well. Errors are `{"error":{"code","message","hints"?}}`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { TrackflowError } from '../../../src/errors/error.ts';
import type { Counters } from '../../telemetry/counters.ts';
import { errorOf, type Failure, INTERNAL } from '../failure.ts';
import type { ReceiverLog } from '../log.ts';
import { countAnswer, failureHeaders, statusOf, statusOfError } from '../respond.ts';
import { WEBSOCKET_PATH } from '../routes.ts';
import { hostGuard } from './host.ts';

export const STATS = ['totals', 'timeseries', 'top'] as const;
export type StatsKind = (typeof STATS)[number];

/** Answers of the store, asked by URL parameters. Expected failures are thrown as `TrackflowError`. */
export interface Reads {
  activities(query: URLSearchParams): Promise<ActivitiesPage>;
  stats(kind: StatsKind, query: URLSearchParams): Promise<object>;
}

export interface ActivitiesPage {
  /** Newest first. */
  readonly rows: readonly object[];
  /** Cursor of the page after this one; empty on the last. */
  readonly next: string;
}

/** How the daemon is, as it tells others. */
export interface Report {
  health(): Health | Promise<Health>;
  status(): object | Promise<object>;
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
  readonly listenHost: string;
  readonly reads: Reads;
  readonly report: Report;
  readonly counters: Counters;
  readonly log: ReceiverLog;
  /** Whether the receiver is stopping, so that no connection is kept. */
  readonly isStopping: () => boolean;
}

/** Paths for balancers and probes, which ask under any name and learn nothing but yes or no. */
const PROBES = new Set(['/health', '/ping']);

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

function guard(app: FastifyInstance, { listenHost, counters, log, isStopping }: ReadsOptions): void {
  const isAllowedHost = hostGuard(listenHost);
  app.addHook('onRequest', async (request) => {
    // Before Fastify reads a body that nobody asked for.
    if (request.is404) throw new FailureError(unknownRoute(app, request));
    const { host } = request.raw.headers;
    if (!PROBES.has(pathOf(request)) && !isAllowedHost(host)) throw new FailureError(HOST_NOT_ALLOWED);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping()) reply.header('Connection', 'close');
    reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  });
  app.addHook('onResponse', async (_request, reply) => countAnswer(counters, reply.statusCode));
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, log));
}

function addRoutes(app: FastifyInstance, { reads, report }: ReadsOptions): void {
  app.get('/activities', async (request, reply) => {
    const query = queryOf(request);
    const page = await reads.activities(query);
    if (page.next !== '') {
      query.set('cursor', page.next);
      reply.header('Link', `</activities?${query}>; rel="next"`);
    }
    return page.rows;
  });
  for (const kind of STATS) app.get(`/v1/stats/${kind}`, async (request) => reads.stats(kind, queryOf(request)));
  app.get('/health', async (_request, reply) => {
    const { ready, body } = await report.health();
    return reply.code(ready ? 200 : 503).send(body);
  });
  app.get('/ping', async (_request, reply) => reply.type('text/plain; charset=utf-8').send('pong'));
  app.get('/status', async () => report.status());
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await report.metrics(request.headers.accept ?? '');
    return reply.type(contentType).send(body);
  });
  app.get(WEBSOCKET_PATH, async () => {
    throw new FailureError(UPGRADE_REQUIRED);
  });
}

const HOST_NOT_ALLOWED: Failure = {
  code: 'host_not_allowed',
  message: 'On a loopback address reads answer only to loopback names; ask by 127.0.0.1 or localhost.',
};
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

function queryOf(request: FastifyRequest): URLSearchParams {
  const { url } = request;
  const query = url.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
}
