/**
 * HTTP over a Unix socket, one connection a request, by `node:http`: it is there in 3 ms, where a client library takes 60
 * of the 200 that a short command has.
 */
import { type IncomingMessage, request } from 'node:http';

export interface SocketRequest {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object | undefined;
  /** Ends the request and the answer; both then reject. */
  readonly signal: AbortSignal;
  /** Rejects with `NoAnswer` when the answer has not begun by then. */
  readonly beginsWithinMs?: number;
}

export class NoAnswer extends Error {}

/** The answer, its body still to be read or destroyed. Rejects with errors of sockets as they come. */
export function socketRequest(options: SocketRequest): Promise<IncomingMessage> {
  const { socketPath, method, path, body, signal, beginsWithinMs } = options;
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers, signal, agent: false });
    const late = () => asked.destroy(new NoAnswer('no answer in time'));
    const timer = beginsWithinMs === undefined ? undefined : setTimeout(late, beginsWithinMs);
    asked.once('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    asked.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // A second error (the socket's, after an abort) has been told by the first.
    asked.on('error', () => {});
    asked.end(text);
  });
}

/** The whole body as text. Rejects when it is cut short, or longer than `bytesMax`. */
export async function readText(answer: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
