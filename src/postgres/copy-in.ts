/**
 * `COPY … FROM STDIN` over one connection of `pg`, which knows the messages but has no sender for them.
 *
 * Promises: the server's word decides: `run` resolves when it has taken every piece, and rejects with its error or that of
 * the connection. A server that is slow slows the pieces down. When making a piece fails, the server is told to forget the copy.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, Connection, Submittable } from 'pg';

/** What `pg` has and its types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** Sends `pieces` as the data of the COPY statement `sql`. */
export async function copyIn(client: Client, sql: string, pieces: Iterable<Buffer>): Promise<void> {
  const copy = new CopyIn(sql);
  client.query(copy);
  // Both reject when it fails; whoever waits for either hears of it.
  copy.ended.catch(() => {});
  const connection = await copy.begun;
  const socket = connection.stream as unknown as Socket;
  try {
    for (const piece of pieces) {
      connection.sendCopyFromChunk(piece);
      if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain').catch(() => {}), copy.ended]);
      // Commits of the spool go on between two pieces.
      else await new Promise(setImmediate);
      if (copy.isOver) break;
    }
  } catch (error) {
    if (!copy.isOver) connection.sendCopyFail('the sender has failed');
    await copy.ended.catch(() => {});
    throw error;
  }
  if (!copy.isOver) connection.endCopyFrom();
  await copy.ended;
}

class CopyIn implements Submittable {
  readonly begun: Promise<CopyConnection>;
  readonly ended: Promise<void>;
  isOver = false;
  readonly #sql: string;
  #begin: (connection: CopyConnection) => void = () => {};
  #end: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(sql: string) {
    this.#sql = sql;
    const begun = Promise.withResolvers<CopyConnection>();
    const ended = Promise.withResolvers<void>();
    this.begun = begun.promise;
    this.ended = ended.promise;
    this.#begin = begun.resolve;
    this.#end = ended.resolve;
    this.#fail = (error) => {
      begun.reject(error);
      ended.reject(error);
    };
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#begin(connection);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.isOver = true;
    this.#end();
  }

  handleError(error: Error): void {
    this.isOver = true;
    this.#fail(error);
  }
}
