/**
 * The HTTP server of one collector: one parser for everything, the limits and timeouts on it, and who takes what. POSTs
 * of events go straight to `Ingest`, upgrades to the WebSocket door, the browser tracker out of memory, every other request to the
 * reads.
 *
 * Always true: no request is answered twice, and none that may have been taken is answered as a bad one. What cannot be
 * parsed is answered and its connection closed.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Config } from '../../src/config/schema.ts';
import type { Sender } from '../../src/event/event.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Dialect } from './dialects/dialect.ts';
import { type Failure, STOPPING } from './failure.ts';
import type { Ingest } from './ingest/ingest.ts';
import { RECEIVE_LIMITS } from './limits.ts';
import { countAnswer, sendRaw, statusOf } from './respond.ts';
import { WEBSOCKET_PATH } from './routes.ts';
import type { TrackerScript } from './tracker-script.ts';
import type { WebSocketDoor } from './websocket/door.ts';

export interface ServerOptions {
  readonly limits: Config['receive'];
  readonly routes: ReadonlyMap<string, Dialect>;
  readonly ingest: Ingest;
  readonly door: WebSocketDoor;
  readonly script: TrackerScript;
  readonly handleRead: (req: IncomingMessage, res: ServerResponse) => void;
  readonly senderOf: (req: IncomingMessage) => Sender;
  readonly counters: Counters;
  readonly isStopping: () => boolean;
}

/** The server, not yet listening, and its connections that speak HTTP (not those that became WebSockets). */
export interface HttpServer {
  readonly server: Server;
  readonly connections: ReadonlySet<Socket>;
}

export function createHttpServer(options: ServerOptions): HttpServer {
  const { limits } = options;
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: RECEIVE_LIMITS.headBytesMax,
    connectionsCheckingInterval: RECEIVE_LIMITS.timeoutCheckMs,
    // Node wants the head's time within the request's.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Other upgrades, such as the h2c that curl offers, are ignored, as a server may.
    shouldUpgradeCallback: (req) => req.headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.maxConnections = limits.connectionsMax;
  server.on('request', (req, res) => dispatch(options, req, res, false));
  server.on('checkContinue', (req, res) => dispatch(options, req, res, true));
  server.on('upgrade', (req, socket, head) => upgrade(options, req, socket, head));
  server.on('clientError', (error, socket) => refuseUnparsed(options, error, socket));
  return { server, connections: trackConnections(server, options.counters) };
}

/** Whether a request on this connection is complete in its head and not yet answered in full. */
export function isAnswering(socket: Duplex): boolean {
  return currentResponse(socket) !== undefined;
}

function dispatch(options: ServerOptions, req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
  const { routes, ingest, script, handleRead, isStopping } = options;
  const url = req.url!;
  const path = pathOf(url);
  const dialect = routes.get(path);
  if (isStopping()) ingest.refuse(req, res, STOPPING);
  else if (dialect !== undefined) ingest.handle(req, res, dialect, expectsContinue);
  else if (!script.handle(req, res, path)) handleRead(req, res);
}

function upgrade(options: ServerOptions, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { door, counters, senderOf, isStopping } = options;
  const failure = isStopping() ? STOPPING : pathOf(req.url!) === WEBSOCKET_PATH ? door.refusal() : NO_WEBSOCKET_HERE;
  if (failure === undefined) {
    door.admit(req, socket, head, senderOf(req));
    return;
  }
  countAnswer(counters, statusOf(failure));
  socket.on('error', () => socket.destroy());
  sendRaw(socket, failure);
}

/** Answers what the parser gave up on: no HTTP, a head or body that took too long, a head that is too large. */
function refuseUnparsed({ counters }: ServerOptions, error: NodeJS.ErrnoException, socket: Duplex): void {
  const response = currentResponse(socket);
  // What follows a complete request must not be taken for its answer; and an answer begun cannot be taken back.
  if (!socket.writable || response?.headersSent || response?.req.complete) {
    socket.destroy();
    return;
  }
  const failure = UNPARSED[error.code ?? ''] ?? BAD_HTTP;
  countAnswer(counters, statusOf(failure));
  sendRaw(socket, failure);
}

const BAD_HTTP: Failure = { code: 'bad_request', message: 'This is not a valid HTTP/1.1 request.' };
const NO_WEBSOCKET_HERE: Failure = { code: 'not_found', message: `WebSockets are opened at ${WEBSOCKET_PATH}.` };
const UNPARSED: Readonly<Record<string, Failure>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', message: 'The request did not come in time.' },
  HPE_HEADER_OVERFLOW: {
    code: 'head_too_large',
    message: `The request head is over ${RECEIVE_LIMITS.headBytesMax} bytes.`,
    limit: RECEIVE_LIMITS.headBytesMax,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { code: 'body_too_large', message: 'The chunk extensions are too large.' },
};

/** The response that is next to be written on a connection. Node keeps it where its own error handler looks for it. */
function currentResponse(socket: Duplex): ServerResponse | undefined {
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}

function trackConnections(server: Server, counters: Counters): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  const gauge = () => counters.set('receive_connections', connections.size);
  const forget = (socket: Socket) => {
    if (connections.delete(socket)) gauge();
  };
  server.on('connection', (socket) => {
    connections.add(socket);
    gauge();
    socket.once('close', () => forget(socket));
  });
  server.on('upgrade', (_req, socket) => forget(socket as Socket));
  return connections;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
