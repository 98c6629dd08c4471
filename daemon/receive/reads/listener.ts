/**
 * The listener of the reads, where they are not on that of the events: the same parser, limits and timeouts, and nothing
 * that takes events.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ListenOptions } from 'node:net';
import { isLoopback } from '../../../src/access/loopback.ts';
import type { Config } from '../../../src/config/schema.ts';
import { listenError } from '../../../src/errors/listen-error.ts';
import { RECEIVE_LIMITS } from '../limits.ts';
import { type Certificate, TLS_VERSION_MIN, type TlsOptions } from '../secure-server.ts';
import type { ReadsAt } from './place.ts';

const SOCKET_MODE = 0o600;

export interface ReadsListenerOptions {
  readonly at: Exclude<ReadsAt, null | 'nowhere'>;
  readonly limits: Config['receive'];
  /** Used where others than this machine can connect; null: plain HTTP. */
  readonly tls: TlsOptions | null;
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
}

/** Listens. Throws TF_PORT_IN_USE, TF_PERMISSION or TF_CONFIG when it cannot. */
export async function openReadsListener({ at, limits, tls, handle }: ReadsListenerOptions): Promise<{
  replaceCertificate(certificate: Certificate): void;
  close(deadlineMs: number): Promise<void>;
}> {
  const bounds = {
    maxHeaderSize: RECEIVE_LIMITS.headBytesMax,
    connectionsCheckingInterval: RECEIVE_LIMITS.timeoutCheckMs,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
  };
  const isSecure = tls !== null && 'host' in at && !isLoopback(at.host);
  const secure = isSecure
    ? createSecureServer({ ...bounds, ...tls.certificate, minVersion: TLS_VERSION_MIN }, handle)
    : null;
  const server = secure ?? createServer(bounds, handle);
  server.maxConnections = limits.connectionsMax;
  if ('path' in at) await listenOnSocket(server, at.path);
  else await listenOnPort(server, at);
  return {
    replaceCertificate: (certificate) => secure?.setSecureContext({ ...certificate, minVersion: TLS_VERSION_MIN }),
    async close(deadlineMs) {
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function listenOnPort(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    await listen(server, { host, port, reusePort: true });
  } catch (cause) {
    throw listenError(cause, host, port);
  }
}

/** The owner of the daemon alone may connect. A socket that lies there is of a daemon that is gone. */
async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isSocket()) fs.rmSync(path);
    await listen(server, { path });
    fs.chmodSync(path, SOCKET_MODE);
  } catch (cause) {
    throw listenError(cause, 'unix', 0);
  }
}

async function listen(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}
