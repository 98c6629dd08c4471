import { WebSocket } from 'ws';
import type { Outcome } from '../measure/outcome.ts';
import { failure, readAck } from './answer.ts';
import { isExhausted, outcomeOfError } from './failure.ts';
import { holdMs, type Outgoing, type Sender, type SenderOptions, type SenderOwner } from './sender.ts';

/** Messages without ack on one connection. The collector reads no further above 64. */
const PLACES = 8;

interface UnderWay<R> {
  readonly request: R;
  readonly sentAt: number;
}

/**
 * One WebSocket that sends messages of events and hears one ack for each, in their order. Several are under way at once: an
 * app does not wait for one ack before it says the next thing.
 *
 * Always true: acks belong to the oldest message. So when one does not come in time, the connection and all that is under
 * way on it are given up: the oldest as timed out, the others as cut off. A message that was not yet written when the
 * connection failed has not left.
 */
export class WebSocketSender<R extends Outgoing> implements Sender<R> {
  readonly kind = 'websocket';
  readonly places = PLACES;
  readonly #owner: SenderOwner<R>;
  readonly #url: URL;
  readonly #authorization: { readonly Authorization?: string };
  readonly #timeoutMs: number;
  #underWay: UnderWay<R>[] = [];
  #socket: WebSocket | null = null;
  #isOpen = false;
  /** Acks heard on this connection. */
  #acks = 0;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #held: NodeJS.Timeout | undefined;
  /** Places to give back when the time of waiting is over. */
  #heldPlaces = 0;

  constructor({ url, key, timeoutMs }: SenderOptions, owner: SenderOwner<R>) {
    this.#url = url;
    this.#authorization = key === null ? {} : { Authorization: `Bearer ${key}` };
    this.#owner = owner;
    this.#timeoutMs = timeoutMs;
  }

  open(path: string, userAgent: string): void {
    this.#connect(path, userAgent);
  }

  send(request: R): void {
    this.#underWay.push({ request, sentAt: performance.now() });
    if (this.#underWay.length === 1) this.#watch(this.#timeoutMs);
    if (this.#socket === null) this.#connect(request.path, request.userAgent);
    if (this.#isOpen) this.#socket!.send(request.body);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#held);
    this.#drop();
  }

  #connect(path: string, userAgent: string): void {
    const url = new URL(path, this.#url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      headers: { 'User-Agent': userAgent, ...this.#authorization },
    });
    this.#socket = socket;
    this.#isOpen = false;
    this.#acks = 0;
    const mine = () => socket === this.#socket;
    socket.on('open', () => {
      if (!mine()) return;
      this.#isOpen = true;
      for (const { request } of this.#underWay) socket.send(request.body);
    });
    socket.on('message', (data, isBinary) => {
      if (mine()) this.#heard(isBinary ? '' : data.toString());
    });
    socket.on('unexpected-response', (_request, { statusCode }) => {
      if (mine()) this.#fail(statusCode === 503 || statusCode === 429 ? 'backpressure' : 'mismatch');
    });
    socket.on('error', (error) => {
      if (mine()) this.#broke(error);
    });
    socket.on('close', () => {
      if (mine()) this.#fail('reset');
    });
  }

  #heard(ack: string): void {
    const request = this.#underWay[0]?.request;
    this.#acks++;
    const verdict = request && readAck(ack, request.count, request.again, this.#acks);
    if (request === undefined || verdict === undefined) {
      this.#fail('mismatch');
      return;
    }
    this.#failures = 0;
    this.#underWay.shift();
    const { length } = this.#underWay;
    this.#owner.settled(this, request, verdict);
    // The owner may have sent another one at once.
    if (this.#underWay.length === length) this.#owner.free(this);
  }

  #broke(error: Error): void {
    if (isExhausted(error)) this.#owner.exhausted(error);
    this.#fail(outcomeOfError(error, this.#isOpen));
  }

  /** Ends the connection and all that is under way on it, and holds the places back. */
  #fail(outcome: Outcome): void {
    const left = this.#isOpen;
    const underWay = this.#underWay;
    this.#underWay = [];
    this.#drop();
    if (underWay.length === 0) return;
    this.#failures++;
    underWay.forEach(({ request }, index) => {
      this.#owner.settled(this, request, failure(index > 0 && outcome === 'timeout' ? 'reset' : outcome, left));
    });
    this.#heldPlaces += underWay.length;
    clearTimeout(this.#held);
    this.#held = setTimeout(() => this.#giveBack(), holdMs(outcome, this.#failures));
  }

  #giveBack(): void {
    const places = this.#heldPlaces;
    this.#heldPlaces = 0;
    for (let place = 0; place < places; place++) this.#owner.free(this);
  }

  /** Looks after `ms` whether the oldest message waits too long. */
  #watch(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const oldest = this.#underWay[0];
      if (oldest === undefined) return;
      const left = oldest.sentAt + this.#timeoutMs - performance.now();
      if (left > 0) this.#watch(left);
      else this.#fail('timeout');
    }, ms);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.terminate();
  }
}
