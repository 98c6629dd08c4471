/**
 * The HTTP server behind TLS: HTTP/2 for those who offer it, HTTP/1.1 for all others, with the same limits. A certificate
 * is replaced without a connection being cut: what is open goes on under the old one.
 *
 * Always true: a handshake, and each request of an HTTP/2 session, ends within its time; a session that is idle is closed.
 * While a `tls-alpn-01` challenge is answered (RFC 8737), the first bytes of a connection are looked at before it is
 * handed on; at all other times nothing is.
 */
import type { Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Config } from '../../src/config/schema.ts';
import { offersAcme } from './client-hello.ts';
import { RECEIVE_LIMITS } from './limits.ts';

/** PEM text: the chain, the server's own first, and the key of that. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** How ownership of a name is proven at the moment; both empty but for the seconds of a renewal. */
export interface AcmeChallenges {
  /** Answers of `http-01` by the token in the path. */
  readonly http: readonly (readonly [token: string, answer: string])[];
  /** Certificates of `tls-alpn-01` by name. */
  readonly alpn: readonly (readonly [name: string, certificate: Certificate])[];
}

export interface TlsOptions {
  readonly certificate: Certificate;
  /** The same for all collectors, so that a session goes on with whichever gets it. */
  readonly ticketKeys: Uint8Array;
}

export interface SecureServer {
  /** The compatibility API of HTTP/2 is that of HTTP/1.1, as far as we use it. */
  readonly server: Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  replaceCertificate(certificate: Certificate): void;
  answerChallenges(challenges: AcmeChallenges['alpn']): void;
}

export const TLS_VERSION_MIN = 'TLSv1.2';
const ACME_PROTOCOL = 'acme-tls/1';

export function createSecureHttpServer(limits: Config['receive'], tls: TlsOptions): SecureServer {
  const context = (certificate: Certificate) =>
    ({
      ...certificate,
      minVersion: TLS_VERSION_MIN,
      ticketKeys: Buffer.from(tls.ticketKeys),
    }) as const;
  // Of HTTP/1.1, which shares the options at run time.
  const http1 = { maxHeaderSize: RECEIVE_LIMITS.headBytesMax, insecureHTTPParser: false };
  const server = createSecureServer({
    ...http1,
    ...context(tls.certificate),
    allowHTTP1: true,
    handshakeTimeout: limits.headersTimeoutMs,
    maxHeaderListPairs: RECEIVE_LIMITS.headersMax,
    settings: {
      enablePush: false,
      maxConcurrentStreams: RECEIVE_LIMITS.streamsMax,
      maxHeaderListSize: RECEIVE_LIMITS.headBytesMax,
    },
  });
  boundHttp1(server, limits);
  const sessions = boundSessions(server, limits);
  const challenges = new Map<string, Certificate>();
  const acme = answerAcme(challenges, limits);
  handOn(server, acme, challenges, limits);
  return {
    server: server as unknown as Server,
    sessions,
    replaceCertificate: (certificate) => server.setSecureContext(context(certificate)),
    answerChallenges(open) {
      challenges.clear();
      for (const [name, certificate] of open) challenges.set(name, certificate);
    },
  };
}

/** The fields that `http.Server` takes as options. */
function boundHttp1(server: Http2SecureServer, limits: Config['receive']): void {
  Object.assign(server, {
    connectionsCheckingInterval: RECEIVE_LIMITS.timeoutCheckMs,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
  });
}

function boundSessions(server: Http2SecureServer, limits: Config['receive']): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // What breaks the protocol ends its session, and that is all there is to do.
    session.on('error', () => {});
    session.setTimeout(limits.keepAliveTimeoutMs, () => session.close());
  });
  server.on('stream', (stream) => {
    const timer = setTimeout(() => {
      if (!stream.readableEnded) stream.close();
    }, limits.requestTimeoutMs);
    stream.once('close', () => clearTimeout(timer));
  });
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  return sessions;
}

/** A server for the one question of an ACME server: show the certificate of the challenge, then nothing. */
function answerAcme(challenges: ReadonlyMap<string, Certificate>, { headersTimeoutMs }: Config['receive']): TlsServer {
  const server = createTlsServer({
    ALPNProtocols: [ACME_PROTOCOL],
    handshakeTimeout: headersTimeoutMs,
    minVersion: TLS_VERSION_MIN,
    SNICallback: (name, done) => {
      const certificate = challenges.get(name);
      if (certificate === undefined) done(new Error('no challenge for this name'));
      else done(null, createSecureContext({ ...certificate }));
    },
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {}).end();
    socket.setTimeout(headersTimeoutMs, () => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  return server;
}

/** Stands before the handshake, so that a challenge is seen before a certificate is chosen. */
function handOn(
  server: Http2SecureServer,
  acme: TlsServer,
  challenges: ReadonlyMap<string, Certificate>,
  { headersTimeoutMs }: Config['receive'],
): void {
  const begin = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const beginAll = (socket: Socket) => {
    for (const listener of begin) listener.call(server, socket);
  };
  server.on('connection', (socket: Socket) => {
    if (challenges.size === 0) beginAll(socket);
    else {
      socket.on('error', () => {});
      // No handshake has begun that would end by its own time.
      const silent = setTimeout(() => socket.destroy(), headersTimeoutMs);
      socket.once('close', () => clearTimeout(silent));
      socket.once('readable', () => {
        clearTimeout(silent);
        const hello = socket.read() as Buffer | null;
        if (hello === null) return;
        socket.unshift(hello);
        if (offersAcme(hello)) acme.emit('connection', socket);
        else beginAll(socket);
      });
    }
  });
}
