import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one insert on its way. Everything else passes untouched. */
export type Fault =
  /** It arrives and is carried out; the connection breaks before the answer. */
  | { readonly kind: 'lose_answer' }
  /** The connection breaks after this part of the body (0 to 1), for both sides. */
  | { readonly kind: 'cut'; readonly share: number }
  /** This part of the body arrives as if it were all of it, and the sender gets the server's answer to that. */
  | { readonly kind: 'shorten'; readonly share: number }
  /** The connection breaks for the sender at once; what it sent arrives later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** It passes, and arrives a second time later. */
  | { readonly kind: 'repeat'; readonly ms: number }
  /** The proxy answers with a page of its own; `carriedOut`: after the server has done it. */
  | { readonly kind: 'page'; readonly status: number; readonly carriedOut: boolean };

export interface ProxiedInsert {
  readonly token: string;
  readonly bytes: number;
  readonly fault: Fault | null;
}

interface Sent {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * An HTTP proxy in front of ClickHouse that mistreats inserts.
 *
 *     await using proxy = await openFaultProxy(engine.endpoint.url);
 *     proxy.fault = () => ({ kind: 'lose_answer' });
 */
export class FaultProxy {
  /** Asked for each insert. */
  fault: (token: string) => Fault | null = () => null;
  /** Every insert that came, in order. */
  readonly inserts: ProxiedInsert[] = [];
  readonly #upstream: URL;
  #server: Server | null = null;
  #port = 0;
  readonly #late = new Set<Promise<unknown>>();

  constructor(upstream: string) {
    this.#upstream = new URL(upstream);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get faults(): number {
    return this.inserts.filter(({ fault }) => fault !== null).length;
  }

  /** Takes connections, after `refuse` on the same port again. */
  async accept(): Promise<this> {
    const server = createServer((req, res) => void this.#handle(req, res).catch(() => res.destroy()));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Cuts all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Resolves when everything that was held back has arrived. */
  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    await this.settled();
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = Buffer.concat(await req.toArray());
    const token = new URL(req.url!, this.url).searchParams.get('insert_deduplication_token');
    const fault = token === null ? null : this.fault(token);
    if (token !== null) this.inserts.push({ token, bytes: body.length, fault });
    switch (fault?.kind) {
      case undefined:
        return reply(res, await this.#forward(req, body));
      case 'lose_answer':
        await this.#forward(req, body);
        return void res.destroy();
      case 'cut':
        await this.#cut(req, body, share(body, fault.share));
        return void res.destroy();
      case 'shorten':
        return reply(res, await this.#forward(req, share(body, fault.share)));
      case 'delay':
        this.#later(req, body, fault.ms);
        return void res.destroy();
      case 'repeat':
        reply(res, await this.#forward(req, body));
        return this.#later(req, body, fault.ms);
      case 'page':
        if (fault.carriedOut) await this.#forward(req, body);
        return reply(res, { status: fault.status, headers: {}, body: Buffer.from('<html>no</html>') });
    }
  }

  #later(req: IncomingMessage, body: Buffer, ms: number): void {
    const arrives = new Promise((resolve) => setTimeout(resolve, ms))
      .then(() => this.#forward(req, body))
      .catch(() => {})
      .finally(() => this.#late.delete(arrives));
    this.#late.add(arrives);
  }

  #forward(req: IncomingMessage, body: Buffer): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const onward = this.#open(req, body.length);
      onward.on('error', reject);
      onward.on('response', (answer) => {
        answer
          .toArray()
          .then(
            (pieces) =>
              resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(pieces) }),
            reject,
          );
      });
      onward.end(body);
    });
  }

  /** Announces the whole body, sends a part of it and hangs up. */
  #cut(req: IncomingMessage, whole: Buffer, part: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const onward = this.#open(req, whole.length);
      onward.on('error', () => {});
      onward.on('close', () => resolve());
      onward.write(part, () => onward.destroy());
    });
  }

  #open(req: IncomingMessage, bytes: number) {
    const headers = { ...req.headers, 'content-length': String(bytes) };
    delete headers['transfer-encoding'];
    delete headers.connection;
    const { hostname, port } = this.#upstream;
    return request({ hostname, port, method: req.method, path: req.url, headers, agent: false });
  }
}

export function openFaultProxy(upstream: string): Promise<FaultProxy> {
  return new FaultProxy(upstream).accept();
}

function share(body: Buffer, part: number): Buffer {
  return body.subarray(0, Math.floor(body.length * part));
}

function reply(res: ServerResponse, { status, headers, body }: Sent): void {
  const kept = Object.entries(headers).filter(
    ([name]) => !['connection', 'transfer-encoding', 'content-length', 'keep-alive'].includes(name),
  );
  res.writeHead(status, { ...Object.fromEntries(kept), 'content-length': String(body.length) });
  res.end(body);
}
