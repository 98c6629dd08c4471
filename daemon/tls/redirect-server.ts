/**
 * The server on port 80: answers `http-01` challenges, and sends everything else to HTTPS. It reads no body and keeps no
 * connection. A `Host` that is no name or address of ours to repeat gets no redirect.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { listenError } from '../../src/errors/listen-error.ts';
import type { AcmeChallenges } from '../receive/secure-server.ts';

const CHALLENGE_PATH = '/.well-known/acme-challenge/';
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\])$/i;
const HEAD_BYTES_MAX = 8 * 1024;
const CONNECTIONS_MAX = 1_000;
const TIMEOUT_MS = 5_000;

export interface RedirectServer {
  answerChallenges(http: AcmeChallenges['http']): void;
  close(): Promise<void>;
}

/** Listens on `host:port` and sends on to `httpsPort`. Throws TF_PORT_IN_USE, TF_PERMISSION or TF_CONFIG. */
export async function openRedirectServer(host: string, port: number, httpsPort: number): Promise<RedirectServer> {
  const answers = new Map<string, string>();
  const options = { maxHeaderSize: HEAD_BYTES_MAX, headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS };
  const server = createServer(options, (req, res) => {
    res.shouldKeepAlive = false;
    req.resume();
    const answer = answers.get(req.url!);
    const target = locationOf(req.headers.host, req.url!, httpsPort);
    if (answer !== undefined) res.end(answer);
    else if (req.url!.startsWith(CHALLENGE_PATH)) res.writeHead(404).end();
    else if (target === undefined) res.writeHead(400).end();
    // 308 keeps the method and the body of what is sent again.
    else res.writeHead(308, { location: target }).end();
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(cause, host, port);
  }
  return {
    answerChallenges(http) {
      answers.clear();
      for (const [token, answer] of http) answers.set(CHALLENGE_PATH + token, answer);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function locationOf(host: string | undefined, url: string, httpsPort: number): string | undefined {
  const name = host?.replace(/:\d{1,5}$/, '') ?? '';
  if (!HOST.test(name) || !url.startsWith('/')) return undefined;
  return `https://${name}${httpsPort === 443 ? '' : `:${httpsPort}`}${url}`;
}
