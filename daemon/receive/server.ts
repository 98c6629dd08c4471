/**
 * The HTTP server of one collector: one parser for everything, the limits and timeouts on it, and who takes what. POSTs
 * of events go straight to `Ingest`, upgrades to the WebSocket door, the browser tracker out of memory, then dialects with paths of their own
 * (`mount.ts`), every other request to the reads.
 *
 * Always true: no request is answered twice, and none that may have been taken is answered as a bad one. What cannot be
 * parsed is answered and its connection closed.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ROUTES } from '../../src/access/routes.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Sender } from '../../src/event/event.ts';
import type { Denial } from '../access/denial.ts';
import { type Gatekeeper, isDenied } from '../access/gatekeeper.ts';
import type { Grant } from '../access/grant.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Crowd } from './crowd.ts';
import type { Dialect } from './dialects/dialect.ts';
import { type Failure, isFailure, STOPPING } from './failure.ts';
import type { Ingest } from './ingest/ingest.ts';
import { RECEIVE_LIMITS } from './limits.ts';
import type { Mount } from './mount.ts';
import { countAnswer, sendRaw, statusOf } from './respond.ts';
import { WEBSOCKET_PATH } from './routes.ts';
import { type AcmeChallenges, type Certificate, createSecureHttpServer, type TlsOptions } from './secure-server.ts';
import type { TrackerScript } from './tracker-script.ts';
import type { WebSocketDoor } from './websocket/door.ts';
import type { Messages } from './websocket/messages.ts';

export interface ServerOptions {
  readonly limits: Config['receive'];
  /** Null: plain HTTP. */
  readonly tls: TlsOptions | null;
  /** For how long browsers are to insist on HTTPS; 0 says nothing. */
  readonly hstsSeconds: number;
  readonly routes: ReadonlyMap<string, Dialect>;
  readonly ingest: Ingest;
  readonly door: WebSocketDoor;
  /** What is spoken at `WEBSOCKET_PATH`. */
  readonly messages: Messages;
  readonly mounts: readonly Mount[];
  readonly script: TrackerScript;
  readonly handleRead: (req: IncomingMessage, res: ServerResponse) => void;
  /** Which reads are answered here: all, or only those that stand open to everybody; then the others are elsewhere. */
  readonly reads: 'all' | 'open';
  readonly crowd: Crowd;
  readonly gatekeeper: Gatekeeper;
  readonly senderOf: (req: IncomingMessage, grant: Grant) => Sender;
  readonly counters: Counters;
  readonly isStopping: () => boolean;
}

/** The server, not yet listening, and what is open on it (but for what became WebSockets). */
export interface HttpServer {
  readonly server: Server;
  /** Every connection, also those still in their handshake. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections that speak HTTP/1.1. */
  readonly connections: ReadonlySet<Socket>;
  /** Sessions that speak HTTP/2. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  replaceCertificate(certificate: Certificate): void;
  /** Answers these challenges of an ACME server, and no others any more. */
  answerChallenges(challenges: AcmeChallenges): void;
}

export function createHttpServer(options: ServerOptions): HttpServer {
  const { limits, tls } = options;
  const secure = tls === null ? null : createSecureHttpServer(limits, tls);
  const server = secure?.server ?? createPlainServer(limits);
  // Other upgrades, such as the h2c that curl offers, are ignored, as a server may.
  Object.assign(server, { shouldUpgradeCallback: isWebSocket });
  server.maxConnections = limits.connectionsMax;
  options.crowd.watch(server);
  const answers = new Map<string, string>();
  server.on('request', (req, res) => dispatch(options, answers, req, res, false));
  server.on('checkContinue', (req, res) => dispatch(options, answers, req, res, true));
  server.on('upgrade', (req, socket, head) => upgrade(options, req, socket, head));
  server.on('clientError', (error, socket) => refuseUnparsed(options, error, socket));
  return {
    server,
    sockets: trackSockets(server),
    connections: trackConnections(server, secure === null ? 'connection' : 'secureConnection', options.counters),
    sessions: secure?.sessions ?? new Set(),
    replaceCertificate: (certificate) => secure?.replaceCertificate(certificate),
    answerChallenges({ http, alpn }) {
      answers.clear();
      for (const [token, answer] of http) answers.set(CHALLENGE_PATH + token, answer);
      secure?.answerChallenges(alpn);
    },
  };
}

function createPlainServer(limits: Config['receive']): Server {
  return createServer({
    insecureHTTPParser: false,
    maxHeaderSize: RECEIVE_LIMITS.headBytesMax,
    connectionsCheckingInterval: RECEIVE_LIMITS.timeoutCheckMs,
    // Node wants the head's time within the request's.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
  });
}

function isWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Whether a request on this connection is complete in its head and not yet answered in full. */
export function isAnswering(socket: Duplex): boolean {
  return currentResponse(socket) !== undefined;
}

function dispatch(
  options: ServerOptions,
  answers: ReadonlyMap<string, string>,
  req: IncomingMessage,
  res: ServerResponse,
  expectsContinue: boolean,
): void {
  const { routes, ingest, script, mounts, crowd, handleRead, reads, hstsSeconds, isStopping } = options;
  const path = pathOf(req.url!);
  const dialect = routes.get(path);
  if (hstsSeconds > 0) res.setHeader('Strict-Transport-Security', `max-age=${hstsSeconds}`);
  const refusal = isStopping() ? STOPPING : PROBES.has(path) ? undefined : crowd.refusal(req.socket);
  if (refusal !== undefined) ingest.refuse(req, res, refusal);
  else if (dialect !== undefined) ingest.handle(req, res, dialect, expectsContinue);
  else if (script.handle(req, res, path)) return;
  else if (answers.has(path)) res.end(answers.get(path));
  else if (mounts.some((mount) => mount.handle(req, res, path, expectsContinue))) return;
  else if (reads === 'all' || OPEN_READS.has(path)) handleRead(req, res);
  else ingest.refuse(req, res, NOT_FOUND);
}

function upgrade(options: ServerOptions, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { door, crowd, gatekeeper, senderOf, isStopping } = options;
  const messages = isStopping() ? STOPPING : messagesAt(options, req);
  const failure = isFailure(messages) ? messages : (door.refusal() ?? crowd.refusal(req.socket));
  if (failure !== undefined) {
    refuseUpgrade(options, socket, failure);
    return;
  }
  const entry = gatekeeper.enter(req, 'write');
  const enter = (granted: Grant | Denial) => {
    // While a token is looked at others may come in, and a stop may begin.
    const refusal = isDenied(granted) ? granted : isStopping() ? STOPPING : door.refusal();
    if (refusal !== undefined) {
      refuseUpgrade(options, socket, refusal);
      return;
    }
    const grant = granted as Grant;
    door.admit(req, socket, head, senderOf(req, grant), grant, messages as Messages);
  };
  if (entry instanceof Promise) {
    // Nobody else listens while the token is looked at.
    socket.on('error', () => socket.destroy());
    void entry.then(enter);
  } else enter(entry);
}

function refuseUpgrade({ counters }: ServerOptions, socket: Duplex, failure: Failure): void {
  countAnswer(counters, statusOf(failure));
  socket.on('error', () => socket.destroy());
  sendRaw(socket, failure);
}

function messagesAt({ messages, mounts }: ServerOptions, req: IncomingMessage): Messages | Failure {
  const path = pathOf(req.url!);
  if (path === WEBSOCKET_PATH) return messages;
  for (const mount of mounts) {
    const found = mount.messages(req, path);
    if (found !== undefined) return found;
  }
  return NO_WEBSOCKET_HERE;
}

/** Answers what the parser gave up on: no HTTP, a head or body that took too long, a head that is too large. */
function refuseUnparsed({ counters }: ServerOptions, error: NodeJS.ErrnoException, socket: Duplex): void {
  const { code = '' } = error;
  const response = currentResponse(socket);
  // What follows a complete request must not be taken for its answer; and an answer begun cannot be taken back.
  // And where no handshake was made there is nobody who could read an answer.
  const isSecure =
    !(socket as Duplex & { secureConnecting?: boolean }).secureConnecting && !/^ERR_(TLS|SSL)/.test(code);
  // Who never said a word is waiting for nothing; thousands of such answers at once would make everybody else wait.
  const isMute = (socket as Socket).bytesRead === 0;
  if (!isSecure || isMute || !socket.writable || response?.headersSent || response?.req.complete) {
    socket.destroy();
    return;
  }
  const failure = UNPARSED[code] ?? BAD_HTTP;
  countAnswer(counters, statusOf(failure));
  sendRaw(socket, failure);
}

/** Where an ACME server looks for the answer of `http-01` (RFC 8555, 8.3), also behind a redirect from port 80. */
const CHALLENGE_PATH = '/.well-known/acme-challenge/';
/** Reads that stand on every listener, and the path that says how WebSockets are opened. */
const OPEN_READS = new Set<string>(ROUTES.filter(({ where }) => where !== 'reads').map(({ path }) => path));
/** What balancers ask: they are told how it is also when it is bad. */
const PROBES = new Set<string>(ROUTES.filter(({ where }) => where === 'both').map(({ path }) => path));
const NOT_FOUND: Failure = { code: 'not_found', message: 'There is nothing at this path.' };
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

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function trackConnections(
  server: Server,
  event: 'connection' | 'secureConnection',
  counters: Counters,
): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  const gauge = () => counters.set('receive_connections', connections.size);
  const forget = (socket: Socket) => {
    if (connections.delete(socket)) gauge();
  };
  server.on(event, (socket: Socket & { readonly alpnProtocol?: string | false | null }) => {
    if (socket.alpnProtocol === 'h2') return;
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
