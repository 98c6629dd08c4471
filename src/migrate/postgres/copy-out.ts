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
import type { RowSums } from '../sums.ts';
import { CopySums } from './copy-sums.ts';

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
  readonly #sums = new CopySums();
  /** Rows by the server's own count, once it has sent them all. */
  #sent: number | null = null;
  #socket: Socket | null = null;
  #parser: Listener | null = null;
  /** Head of a message that was cut. */
  #cut: Buffer = Buffer.alloc(0);
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

  /** Sums of the rows, from the bytes as they came from the socket. */
  sums(): RowSums {
    if (this.#sent === null) throw new Error('the copy has not come to its end');
    return this.#sums.result(this.#sent);
  }

  /** From pg, once the socket is its own again. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#sent = Number(/^COPY (\d+)$/.exec(text)?.[1]);
  }

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

  /** The loop over rows: nothing is allocated in it. */
  readonly #onData = (chunk: Buffer): void => {
    const end = chunk.length;
    let at = 0;
    let filled = 0;
    while (at < end) {
      if (this.#left === 0) {
        let code = chunk[at]!;
        if (this.#cut.length > 0 || end - at < HEAD_BYTES) {
          const head = this.#mend(chunk, at);
          if (head === null) break;
          // As if it had come in one: its first bytes are those of the chunk before.
          at += HEAD_BYTES - head.before;
          code = head.bytes[0]!;
          this.#left = head.bytes.readUInt32BE(1) - 4;
          if (!KNOWN.has(code)) {
            this.#leave(chunk, filled, at, head.bytes);
            return;
          }
        } else {
          if (code !== COPY_DATA && !KNOWN.has(code)) {
            this.#leave(chunk, filled, at + HEAD_BYTES, chunk.subarray(at, at + HEAD_BYTES));
            return;
          }
          this.#left = ((chunk[at + 1]! << 24) | (chunk[at + 2]! << 16) | (chunk[at + 3]! << 8) | chunk[at + 4]!) - 4;
          at += HEAD_BYTES;
        }
        this.#isData = code === COPY_DATA;
      }
      const stop = Math.min(at + this.#left, end);
      if (this.#isData) {
        this.#sums.add(chunk, at, stop, stop - at === this.#left);
        chunk.copyWithin(filled, at, stop);
        filled += stop - at;
      }
      this.#left -= stop - at;
      at = stop;
    }
    this.#give(chunk.subarray(0, filled));
  };

  /** A head of which a part was in an earlier chunk, `before` bytes of it; null when it is not whole yet. */
  #mend(chunk: Buffer, at: number): { readonly bytes: Buffer; readonly before: number } | null {
    const before = this.#cut.length;
    const bytes = Buffer.concat([this.#cut, chunk.subarray(at, at + HEAD_BYTES - before)]);
    this.#cut = bytes.length < HEAD_BYTES ? bytes : Buffer.alloc(0);
    return bytes.length < HEAD_BYTES ? null : { bytes, before };
  }

  /** The rows are over, or an error came: what begins with `head` and goes on at `at` is for pg. */
  #leave(chunk: Buffer, filled: number, at: number, head: Buffer): void {
    this.#left = 0;
    const rest = head[0] === COPY_DONE ? chunk.subarray(at) : Buffer.concat([head, chunk.subarray(at)]);
    this.#give(chunk.subarray(0, filled));
    this.#giveBack(rest);
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
