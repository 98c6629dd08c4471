/**
 * Changes of a replication slot as they are committed.
 *
 * Promises: messages in the order of the log, whole transactions one after another, from the position that was asked for; what
 * was confirmed is not sent again. Always true: the slot is told a position only after `confirm`. The server is told that
 * somebody is there every few seconds, whatever the reader does. When more than `QUEUED_BYTES_MAX` wait, the socket is
 * not read. When the connection ends, `take` rejects.
 */
import type { Socket } from 'node:net';
import type { Connection, Submittable } from 'pg';
import { type LogMessage, readMessage } from './pgoutput.ts';

const QUEUED_BYTES_MAX = 8_388_608;
/** A sixth of what wal_sender_timeout is unless somebody has changed it. */
const STATUS_MS = 10_000;
const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;
const WAL_DATA_HEAD = 25;
/** Microseconds from 1970 to 2000, where PostgreSQL begins to count. */
const EPOCH_2000 = 946_684_800_000_000n;

/** What `pg` has and its types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
}

export class WalStream implements Submittable {
  readonly #sql: string;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #connection: CopyConnection | null = null;
  #queue: LogMessage[] = [];
  #queuedBytes = 0;
  /** The end of the log when nothing of it was left to send. */
  #idleAt = 0n;
  #confirmed: bigint;
  #failure: Error | null = null;
  #wake: () => void = () => {};

  /** `now` is in milliseconds since 1970. */
  constructor(sql: string, from: bigint, now: () => number) {
    this.#sql = sql;
    this.#confirmed = from;
    this.#now = now;
    this.#timer = setInterval(() => this.#status(), STATUS_MS);
    this.#timer.unref();
  }

  /** What has come, at least one message unless `waitMs` pass; rejects when the connection has ended. */
  async take(waitMs: number): Promise<readonly LogMessage[]> {
    if (this.#queue.length === 0 && this.#failure === null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const taken = this.#queue;
    if (taken.length === 0 && this.#failure !== null) throw this.#failure;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#socket?.resume();
    return taken;
  }

  /** Where the log ended the last time that the server had nothing more to send. */
  get idleAt(): bigint {
    return this.#idleAt;
  }

  /** Everything before is stored for good: the server may forget it. */
  confirm(lsn: bigint): void {
    if (lsn <= this.#confirmed) return;
    this.#confirmed = lsn;
    this.#status();
  }

  /** No more is taken. The caller ends the connection. */
  end(): void {
    clearInterval(this.#timer);
    this.#fail(new Error('the stream was ended'));
  }

  submit(connection: Connection): void {
    this.#connection = connection as CopyConnection;
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (chunk[0] === KEEPALIVE) {
      const isAnswerAsked = chunk[17] === 1;
      // Behind everything that was sent before.
      this.#idleAt = chunk.readBigUInt64BE(1);
      if (isAnswerAsked) this.#status();
      this.#wake();
      return;
    }
    if (chunk[0] !== WAL_DATA) return;
    try {
      const message = readMessage(chunk.subarray(WAL_DATA_HEAD));
      if (message !== null) this.#queue.push(message);
    } catch (error) {
      this.#fail(error as Error);
    }
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > QUEUED_BYTES_MAX) this.#socket?.pause();
    this.#wake();
  }

  handleError(error: Error): void {
    this.#fail(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#fail(new Error('the source has ended the stream of its changes'));
  }

  get #socket(): Socket | undefined {
    return this.#connection?.stream as unknown as Socket | undefined;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    clearInterval(this.#timer);
    this.#wake();
  }

  /** Standby status update: written, flushed and applied are the same here. */
  #status(): void {
    if (this.#connection === null || this.#failure !== null) return;
    const bytes = Buffer.alloc(34);
    bytes[0] = 0x72;
    for (const at of [1, 9, 17]) bytes.writeBigUInt64BE(this.#confirmed, at);
    bytes.writeBigInt64BE(BigInt(Math.round(this.#now() * 1_000)) - EPOCH_2000, 25);
    this.#connection.sendCopyFromChunk(bytes);
  }
}
