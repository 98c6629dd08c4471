import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What to do with message `number` (from 1) of a connection. */
export type StubMessage = (socket: WebSocket, text: string, number: number) => void;

export interface StubWebSockets extends AsyncDisposable {
  readonly url: string;
  /** Connections that were ever made, with their user agents. */
  readonly userAgents: string[];
  /** The header `Authorization` of each of them, empty where it had none. */
  readonly authorizations: string[];
  message: StubMessage;
  /** Status with which the next handshakes are refused; 0 lets them in. */
  refuseWith: number;
}

/** A server of WebSockets that keeps nothing and acks as it is told. */
export async function openStubWebSockets(message: StubMessage): Promise<StubWebSockets> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    verifyClient: (_info, answer) => answer(stub.refuseWith === 0, stub.refuseWith),
  });
  await once(server, 'listening');
  const stub: StubWebSockets = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    userAgents: [],
    authorizations: [],
    message,
    refuseWith: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('connection', (socket, request) => {
    stub.userAgents.push(request.headers['user-agent'] ?? '');
    stub.authorizations.push(request.headers.authorization ?? '');
    let number = 0;
    socket.on('error', () => {});
    socket.on('message', (data) => stub.message(socket, String(data), ++number));
  });
  return stub;
}

/** The ack of a message whose events were all taken. */
export function ack(number: number, count = 1): string {
  return JSON.stringify({ accepted: count, duplicates: 0, rejected: [], receipt: 'r-1', message: number });
}
