import { Readable } from 'node:stream';

/** Bytes that are asked for as they are read, and counted. What fails in between ends it with that error. */
export class Rows extends Readable {
  bytesRead = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    super();
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Never asked for: the plans of such a source have no textual columns. */
  sums(): never {
    throw new Error('rows of a ClickHouse are compared column by column');
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ done, value }) => {
        if (done) {
          this.push(null);
          return;
        }
        this.bytesRead += value.byteLength;
        this.push(value);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#pieces.return?.().catch(() => {});
    done(error);
  }
}
