import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';

export interface StubRequest {
  /** From 0, over all connections. */
  readonly index: number;
  readonly path: string;
  readonly head: string;
  readonly body: string;
}

/** What to do with a complete request: whatever a socket can do. */
export type StubAnswer = (socket: Socket, request: StubRequest) => void;

/**
 * A collector that keeps nothing and answers as it is told, byte for byte, over real sockets.
 *
 *     await using stub = await openStub((socket) => socket.write(accepted(1)));
 */
export class StubCollector {
  answer: StubAnswer;
  /** Sent at once on each new connection. */
  greeting = '';
  readonly requests: StubRequest[] = [];
  /** Connections that were ever made. */
  connections = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: 'http' | 'https';

  constructor(answer: StubAnswer, certificate: { key: string; cert: string } | undefined) {
    this.answer = answer;
    this.#scheme = certificate === undefined ? 'http' : 'https';
    const connected = (socket: Socket) => this.#serve(socket);
    this.#server = certificate === undefined ? net.createServer(connected) : tls.createServer(certificate, connected);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Connections that are open on this side. */
  get open(): number {
    return this.#sockets.size;
  }

  /** After `close` too, with the port that it had. */
  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Ends every connection in order, as a server does whose keep-alive time is over. */
  endConnections(): void {
    for (const socket of this.#sockets) socket.end();
  }

  /** Cuts every connection and listens no more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.greeting !== '') socket.write(this.greeting);
    let received = Buffer.alloc(0);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece as Buffer]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = received.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      const body = received.toString('utf8', end + 4, end + 4 + length);
      received = received.subarray(end + 4 + length);
      const request = { index: this.requests.length, path: head.split(' ')[1]!, head, body };
      this.requests.push(request);
      this.answer(socket, request);
    });
  }
}

export async function openStub(
  answer: StubAnswer,
  certificate?: { readonly key: string; readonly cert: string },
): Promise<StubCollector> {
  return new StubCollector(answer, certificate).listen();
}

/** An answer as the collector frames it. */
export function respond(status: number, body: string, headers = ''): string {
  return `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** The answer to events that were all taken. */
export function accepted(count: number): string {
  return respond(202, `{"accepted":${count},"duplicates":0,"rejected":[],"receipt":"r-1"}`);
}

/** Events in a body. */
export function eventsIn(body: string): number {
  const events: unknown = JSON.parse(body);
  return Array.isArray(events) ? events.length : 1;
}
