/**
 * The rows of a COPY TO STDOUT as a stream of bytes.
 *
 * The server sends each row as a message of its own. To give it to pg's parser costs half a microsecond a row; here the five
 * bytes before each row are squeezed out of what the socket gave, in place. Promises: bytes in order, none twice; an error of
 * the server ends the stream with that error; a reader that is slow slows the server down. Always true: between `submit`
 * and the end of the copy the socket is read here and nowhere else.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Connection, Submittable } from 'pg';

const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
const COPY_DONE = 0x63;
const PARAMETER_STATUS = 0x53;
const NOTICE = 0x4e;
const NOTIFICATION = 0x41;
const HEAD_BYTES = 5;
const BUFFERED_BYTES = 1_048_576;

type Listener = (chunk: Buffer) => void;

export class CopyOut extends Readable implements Submittable {
  /** Bytes of rows so far. */
  bytesRead = 0;
  readonly #sql: string;
  #socket: Socket | null = null;
  #parser: Listener | null = null;
  /** Head of a message that was cut. */
  #head: Buffer = Buffer.alloc(0);
  /** What is still to come of the message that is being read. */
  #left = 0;
  #isData = false;

  constructor(sql: string) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.#sql = sql;
  }

  submit(connection: Connection): void {
    const socket = connection.stream as unknown as Socket;
    this.#socket = socket;
    this.#parser = socket.listeners('data')[0] as Listener;
    socket.removeListener('data', this.#parser);
    socket.on('data', this.#onData);
    connection.query(this.#sql);
  }

  /** From pg, once the socket is its own again. */
  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.push(null);
  }

  handleError(error: Error): void {
    this.#giveBack(Buffer.alloc(0));
    this.destroy(error);
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Nobody reads the rest of the rows: the connection is of no use any more.
    if (this.#socket !== null) this.#socket.destroy();
    this.#socket = null;
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    let at = 0;
    let filled = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const head = this.#takeHead(chunk, at);
        if (head === null) break;
        at = head.next;
        if (head.code === COPY_DONE || !KNOWN.has(head.code)) {
          this.#give(chunk.subarray(0, filled));
          this.#giveBack(
            head.code === COPY_DONE ? chunk.subarray(at) : Buffer.concat([head.bytes, chunk.subarray(at)]),
          );
          return;
        }
        this.#isData = head.code === COPY_DATA;
        this.#left = head.length;
      }
      const end = Math.min(at + this.#left, chunk.length);
      if (this.#isData) {
        chunk.copyWithin(filled, at, end);
        filled += end - at;
      }
      this.#left -= end - at;
      at = end;
    }
    this.#give(chunk.subarray(0, filled));
  };

  /** The head of the message at `at`; null when the chunk ends within it, which is kept for the next one. */
  #takeHead(chunk: Buffer, at: number): { code: number; length: number; next: number; bytes: Buffer } | null {
    const kept = this.#head.length;
    if (kept + chunk.length - at < HEAD_BYTES) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(at)]);
      return null;
    }
    if (kept === 0) {
      return {
        code: chunk[at]!,
        length: chunk.readUInt32BE(at + 1) - 4,
        next: at + HEAD_BYTES,
        bytes: headOf(chunk, at),
      };
    }
    const head = Buffer.concat([this.#head, chunk.subarray(at, at + HEAD_BYTES - kept)]);
    this.#head = Buffer.alloc(0);
    return { code: head[0]!, length: head.readUInt32BE(1) - 4, next: at + HEAD_BYTES - kept, bytes: head };
  }

  #give(rows: Buffer): void {
    if (rows.length === 0) return;
    this.bytesRead += rows.length;
    if (!this.push(rows)) this.#socket?.pause();
  }

  /** Lets pg's parser have the socket again, and what was read of messages that are not ours. */
  #giveBack(rest: Buffer): void {
    const socket = this.#socket;
    if (socket === null || this.#parser === null) return;
    this.#socket = null;
    socket.removeListener('data', this.#onData);
    socket.on('data', this.#parser);
    if (rest.length > 0) this.#parser(rest);
    socket.resume();
  }
}

const KNOWN: ReadonlySet<number> = new Set([COPY_DATA, COPY_OUT_RESPONSE, PARAMETER_STATUS, NOTICE, NOTIFICATION]);

function headOf(chunk: Buffer, at: number): Buffer {
  return chunk.subarray(at, at + HEAD_BYTES);
}
