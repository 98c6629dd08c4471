import net from 'node:net';
import tls from 'node:tls';
import type { Outcome } from '../measure/outcome.ts';
import { failure, readAnswer } from './answer.ts';
import { isExhausted, outcomeOfError } from './failure.ts';
import { HttpAnswerReader } from './http-answer.ts';
import { holdMs, type Outgoing, type Sender, type SenderOptions, type SenderOwner } from './sender.ts';

/** Room for the reads of a connection. An answer is some 300 bytes; a longer one comes in pieces. */
const READ_BYTES = 4 * 1_024;

/**
 * One keep-alive connection that sends POSTs, one at a time.
 *
 * Written on the bare socket because the generator shares the machine with what it measures. With a request of 400 bytes to
 * a stub that answers at once, 64 connections, both on two cores (EPYC, Node 24), CPU of the generator's thread: undici's
 * `Client.dispatch` 15.9 µs a request, this 8.0 µs, of which 6.3 µs are the kernel's for one write and one read.
 *
 * Always true: a connection on which an answer is missing, late or not understood is not used again. One that the
 * collector closes while nothing is under way is no failure. A request that fails before the connection is open has not
 * left.
 */
export class HttpSender<R extends Outgoing> implements Sender<R> {
  readonly kind = 'http';
  readonly places = 1;
  readonly #owner: SenderOwner<R>;
  readonly #url: URL;
  /** The lines of the head that are the same for every request. */
  readonly #same: string;
  readonly #timer: NodeJS.Timeout;
  #socket: net.Socket | null = null;
  /** Whether the connection is made, with TLS if it has that. */
  #isOpen = false;
  #answers = new HttpAnswerReader();
  #request: R | null = null;
  #failures = 0;
  #held: NodeJS.Timeout | undefined;

  constructor({ url, key, timeoutMs }: SenderOptions, owner: SenderOwner<R>) {
    this.#url = url;
    this.#same = `Host: ${url.host}\r\n${key === null ? '' : `Authorization: Bearer ${key}\r\n`}`;
    this.#owner = owner;
    // Begun anew by each request, so that a request costs no timer of its own.
    this.#timer = setTimeout(() => {
      if (this.#request !== null) this.#fail('timeout');
    }, timeoutMs).unref();
  }

  open(): void {
    this.#connect();
  }

  send(request: R): void {
    this.#request = request;
    this.#timer.refresh();
    if (this.#socket === null) this.#connect();
    const { path, userAgent, body, bytes } = request;
    // A string goes out as UTF-8 in one write, without a copy of ours. Before the connection is open, Node keeps it.
    this.#socket!.write(
      `POST ${path} HTTP/1.1\r\n${this.#same}User-Agent: ${userAgent}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n${body}`,
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#held);
    this.#drop();
  }

  #connect(): void {
    const { hostname, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const secure = protocol === 'https:';
    const port = Number(this.#url.port || (secure ? 443 : 80));
    this.#isOpen = false;
    this.#answers = new HttpAnswerReader();
    const socket = secure ? this.#connectSecurely(host, port) : this.#connectPlainly(host, port);
    this.#socket = socket;
    socket.setNoDelay(true);
    const mine = () => socket === this.#socket;
    socket.on('error', (error) => {
      if (mine()) this.#broke(error);
    });
    const ended = () => {
      if (mine()) this.#closed();
    };
    // `end` comes first when the other side says that it is done: what would be written after it is lost.
    socket.on('end', ended);
    socket.on('close', ended);
  }

  #connectPlainly(host: string, port: number): net.Socket {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const callback = (length: number) => {
      if (socket === this.#socket) this.#read(buffer.subarray(0, length));
      return true;
    };
    const socket: net.Socket = net.connect({ host, port, onread: { buffer, callback } }, () => this.#opened());
    return socket;
  }

  #connectSecurely(host: string, port: number): net.Socket {
    const name = net.isIP(host) === 0 ? { servername: host } : {};
    const socket: tls.TLSSocket = tls.connect({ host, port, ...name }, () => this.#opened());
    socket.on('data', (bytes) => {
      if (socket === this.#socket) this.#read(bytes);
    });
    return socket;
  }

  #opened(): void {
    this.#isOpen = true;
  }

  #read(bytes: Buffer): void {
    const request = this.#request;
    const answer = this.#answers.push(bytes);
    if (answer === 'more') return;
    if (answer === 'bad' || request === null) {
      this.#fail('mismatch');
      return;
    }
    this.#failures = 0;
    this.#request = null;
    if (!answer.keepAlive) this.#drop();
    this.#owner.settled(this, request, readAnswer(answer.status, answer.body, request.count, request.again));
    // The owner may have sent another one at once.
    if (this.#request === null) this.#owner.free(this);
  }

  #broke(error: Error): void {
    if (isExhausted(error)) this.#owner.exhausted(error);
    this.#fail(outcomeOfError(error, this.#isOpen));
  }

  #closed(): void {
    if (this.#request === null) this.#drop();
    else this.#fail('reset');
  }

  /** Ends the connection and what is under way on it, and holds the place back. */
  #fail(outcome: Outcome): void {
    const left = this.#isOpen;
    const request = this.#request;
    this.#drop();
    if (request === null) return;
    this.#request = null;
    this.#failures++;
    this.#owner.settled(this, request, failure(outcome, left));
    this.#held = setTimeout(() => this.#owner.free(this), holdMs(outcome, this.#failures));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }
}
