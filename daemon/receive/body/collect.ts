import type { IncomingMessage } from 'node:http';
import type { Failure } from '../failure.ts';
import type { Inflight } from '../inflight.ts';

/** Room for the first pieces of a body that does not come in one. */
const ROOM_BYTES_MIN = 4_096;

/**
 * Collects a request's body and hands it to `done`, once: whole, or as the failure that stopped it. When the client
 * goes away before, `done` is never called. `declared` is the Content-Length, NaN when there is none.
 *
 * The bytes of a whole body stay in the `inflight` budget; releasing them is the caller's. Pieces are copied together
 * as they come, so that a body sent byte by byte takes the memory of its bytes and not of so many buffers.
 */
export function collectBody(
  req: IncomingMessage,
  declared: number,
  inflight: Inflight,
  bytesMax: number,
  done: (body: Buffer | Failure) => void,
): void {
  let body: Buffer = EMPTY;
  let size = 0;
  let over = false;
  const give = (result: Buffer | Failure) => {
    over = true;
    done(result);
  };
  const awaitEnd = () => {
    req.on('end', () => {
      if (!over) give(body.subarray(0, size));
    });
    req.on('close', () => {
      if (over) return;
      over = true;
      inflight.release(size);
    });
  };
  req.on('data', (piece: Buffer) => {
    if (over) return;
    const failure = size + piece.length > bytesMax ? bodyTooLarge(bytesMax) : inflight.hold(piece.length);
    if (failure !== undefined) {
      inflight.release(size);
      body = EMPTY;
      give(failure);
      return;
    }
    const isFirst = size === 0;
    body = isFirst ? piece : append(body, size, piece);
    size += piece.length;
    if (size === declared) give(body.subarray(0, size));
    else if (isFirst && declared > 0) awaitEnd();
  });
  // Most bodies are declared and whole with their first piece: only the others need to hear of the end.
  if (!(declared > 0)) awaitEnd();
}

/** The failure of a body, declared or sent, that is over the limit. */
export function bodyTooLarge(bytesMax: number): Failure {
  return { code: 'body_too_large', message: `The body is over ${bytesMax} bytes.`, limit: bytesMax };
}

const EMPTY = Buffer.alloc(0);

/** Adds a piece behind the first `size` bytes, in a buffer that doubles when it is full. */
function append(body: Buffer, size: number, piece: Buffer): Buffer {
  const needed = size + piece.length;
  let room = body;
  // The first piece is a view of what the socket read; only a buffer of our own has room behind it.
  if (needed > body.length) {
    room = Buffer.allocUnsafeSlow(Math.max(needed * 2, ROOM_BYTES_MIN));
    body.copy(room, 0, 0, size);
  }
  piece.copy(room, size);
  return room;
}
