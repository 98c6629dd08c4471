/**
 * One WebSocket, in what is spoken at its path (`messages.ts`).
 *
 * Promises: an ack goes out when the events of its message are durable or refused, in the order of the messages;
 * `"message"` in it counts them from 1. An ack is an outcome, or `{"error":{"code","message","retryAfterSeconds"?}}`;
 * a message that is no JSON is a rejection like any other and leaves the connection open. Where acks are not asked for,
 * the same holds without the ack.
 *
 * Always true: at most `unackedMessagesMax` messages wait for their ack, plus what one read of the socket brought, and
 * at most `unreadAckBytesMax` of acks wait to be read; above either the socket is not read. When it dies, messages
 * without ack may or may not be taken: the client sends them again, with the same `event_id`s.
 */
import type { RawData, WebSocket } from 'ws';
import type { Sender } from '../../../src/event/event.ts';
import type { Grant } from '../../access/grant.ts';
import type { Counters } from '../../telemetry/counters.ts';
import type { Traffic } from '../../telemetry/traffic.ts';
import { type Failure, INTERNAL, isFailure, STOPPING } from '../failure.ts';
import type { Inflight } from '../inflight.ts';
import type { Intake } from '../intake.ts';
import { RECEIVE_LIMITS } from '../limits.ts';
import type { ReceiverLog } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { Messages } from './messages.ts';

export interface ConnectionOptions {
  readonly intake: Intake;
  readonly inflight: Inflight;
  readonly counters: Counters;
  readonly traffic: Traffic;
  readonly now: () => number;
  readonly log: ReceiverLog;
}

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

/** The place of a message's ack in the order of acks; null until it is known, empty when none is sent. */
interface Slot {
  ack: string | null;
}

export class Connection {
  readonly #socket: WebSocket;
  readonly #sender: Sender;
  readonly #grant: Grant;
  readonly #spoken: Messages;
  readonly #options: ConnectionOptions;
  readonly #slots: Slot[] = [];
  #messages = 0;
  #stopping = false;
  /** Whether anything came from the client since the last `checkAlive`. */
  #heard = true;
  #pinged = false;

  constructor(socket: WebSocket, sender: Sender, grant: Grant, messages: Messages, options: ConnectionOptions) {
    this.#socket = socket;
    this.#grant = grant;
    this.#sender = sender;
    this.#spoken = messages;
    this.#options = options;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => this.#hear());
    socket.on('ping', () => this.#hear());
    // `close` follows and says all there is to do: breaches of protocol and limits are closed by ws with their code.
    socket.on('error', () => {});
  }

  /** To be called once per idle time: pings a silent client, and cuts off one that was silent since the ping. */
  checkAlive(): void {
    this.#endRevoked();
    // A client that we ourselves keep waiting for acks is not silent.
    if (this.#heard || this.#slots.length > 0) {
      this.#heard = false;
      this.#pinged = false;
    } else if (this.#pinged) {
      this.#socket.terminate();
    } else {
      this.#pinged = true;
      this.#socket.ping();
    }
  }

  /** Sends the acks that are owed, refuses what comes meanwhile, then closes. */
  stop(): void {
    this.#stopping = true;
    this.#flush();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** A key that is good no more ends its connections: what comes on them is not taken. */
  #endRevoked(): void {
    if (!this.#grant.isLive(this.#options.now())) {
      this.#socket.close(POLICY_VIOLATION, 'the key is not good any more');
    }
  }

  #hear(): void {
    this.#heard = true;
    this.#pinged = false;
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#hear();
    this.#endRevoked();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary && !this.#spoken.binary) {
      this.#socket.close(UNSUPPORTED_DATA, 'text frames only');
      return;
    }
    const slot: Slot = { ack: null };
    this.#slots.push(slot);
    void this.#fill(slot, data as Buffer, isBinary, ++this.#messages);
    this.#throttle();
  }

  async #fill(slot: Slot, bytes: Buffer, isBinary: boolean, message: number): Promise<void> {
    const { counters, traffic, inflight, log } = this.#options;
    const begunAt = traffic.begin();
    counters.add('receive_websocket_messages_total');
    counters.add('receive_bytes_total', bytes.length);
    let result: Outcome | Failure | undefined = this.#stopping ? STOPPING : inflight.hold(bytes.length);
    if (result === undefined) {
      try {
        result = await this.#resultOf(bytes, isBinary, begunAt);
      } catch (error) {
        log.error({ err: error }, 'message_defect');
        result = INTERNAL;
      }
      inflight.release(bytes.length);
    }
    slot.ack = this.#spoken.answer(result, message);
    traffic.answered(begunAt);
    this.#flush();
  }

  async #resultOf(bytes: Buffer, isBinary: boolean, begunAt: number): Promise<Outcome | Failure> {
    const { intake, now } = this.#options;
    const sender = { ...this.#sender, receivedAt: now() };
    const body = await this.#spoken.read(bytes, isBinary, sender);
    if (isFailure(body)) return body;
    const judged = intake.judge(body, this.#spoken.dialect, sender);
    return intake.commit(judged, bytes.length, begunAt, this.#grant);
  }

  /** Sends the acks that are known, up to the first that is not. */
  #flush(): void {
    const slots = this.#slots;
    while (slots.length > 0 && slots[0]!.ack !== null) {
      const { ack } = slots.shift()!;
      if (ack !== null && ack !== '') this.#socket.send(ack, () => this.#throttle());
    }
    if (this.#stopping && slots.length === 0) this.#socket.close(GOING_AWAY, 'the collector is stopping');
    this.#throttle();
  }

  /** Stops reading a socket whose client is too far ahead, and reads on once half of that is done. */
  #throttle(): void {
    const socket = this.#socket;
    const { unackedMessagesMax, unreadAckBytesMax } = RECEIVE_LIMITS;
    const ahead = Math.max(this.#slots.length / unackedMessagesMax, socket.bufferedAmount / unreadAckBytesMax);
    if (ahead >= 1) socket.pause();
    else if (ahead <= 0.5 && socket.isPaused) socket.resume();
  }
}
