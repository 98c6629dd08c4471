/**
 * Lets WebSockets in and keeps them: how many there are, which are alive, and that all are closed in the end.
 *
 * Promises: never more than `webSocketsMax`; a client that is silent for three idle times is gone. At our own path any page
 * of any origin may connect, as it may POST: no cookie is read, and there is nothing to read but acks of what was sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Sender } from '../../../src/event/event.ts';
import type { Grant } from '../../access/grant.ts';
import type { Failure } from '../failure.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Messages } from './messages.ts';

export interface DoorOptions extends ConnectionOptions {
  readonly connectionsMax: number;
  readonly messageBytesMax: number;
  readonly idleMs: number;
}

const FULL: Failure = {
  code: 'too_many_connections',
  message: 'The collector holds as many WebSockets as it may.',
  retryAfterSeconds: 5,
};

export class WebSocketDoor {
  readonly #options: DoorOptions;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #aliveTimer: NodeJS.Timeout;
  #emptied: (() => void) | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A compressed message is a bomb or a saving of little: it costs 100 KiB of state a connection.
      perMessageDeflate: false,
      maxPayload: options.messageBytesMax,
    });
    this.#aliveTimer = setInterval(() => {
      for (const connection of this.#connections) connection.checkAlive();
    }, options.idleMs).unref();
  }

  /** Why no further WebSocket may come in, if so. */
  refusal(): Failure | undefined {
    return this.#connections.size < this.#options.connectionsMax ? undefined : FULL;
  }

  /** Answers the handshake; a bad one is answered with 400 and closed. */
  admit(req: IncomingMessage, socket: Duplex, head: Buffer, sender: Sender, grant: Grant, messages: Messages): void {
    this.#server.handleUpgrade(req, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, sender, grant, messages, this.#options);
      this.#connections.add(connection);
      this.#gauge();
      webSocket.on('close', () => {
        this.#connections.delete(connection);
        this.#gauge();
        if (this.#connections.size === 0) this.#emptied?.();
      });
    });
  }

  /** Resolves when every WebSocket has its acks and is closed. Nothing may be admitted any more. */
  async stop(): Promise<void> {
    clearInterval(this.#aliveTimer);
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emptied = resolve;
    for (const connection of this.#connections) connection.stop();
    await promise;
  }

  /** Cuts off whatever is still connected. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  #gauge(): void {
    this.#options.counters.set('receive_websockets', this.#connections.size);
  }
}
