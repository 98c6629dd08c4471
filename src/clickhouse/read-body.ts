import type { Readable } from 'node:stream';
import { ClickHouseError, ConnectionError } from './errors.ts';

/** ClickHouse's own number and name for an answer that is too large. */
export const TOO_LARGE = { code: 396, name: 'TOO_MANY_ROWS_OR_BYTES' } as const;

/** The whole body as text. Fails with TOO_MANY_ROWS_OR_BYTES above `bytesMax`, with ConnectionError when it is cut. */
export async function readBody(stream: Readable, bytesMax: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The library stops listening to its signal once the head of the answer is there.
  const giveUp = () => stream.destroy(new ConnectionError('gave up while reading the answer'));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) giveUp();
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        throw new ClickHouseError(TOO_LARGE.code, TOO_LARGE.name, `the answer is larger than ${bytesMax} bytes`);
      }
      chunks.push(chunk);
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return Buffer.concat(chunks).toString('utf8');
}
