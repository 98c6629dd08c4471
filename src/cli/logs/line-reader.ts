import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { errnoOf, fileError } from '../../errors/file-error.ts';

const CHUNK_BYTES = 64 * 1024;
/** A line without end is given in pieces of this size. */
const LINE_BYTES_MAX = 1024 * 1024;
const LINE_END = 0x0a;

/**
 * Reads a growing file line by line. It holds the file open, so what was written before the file was renamed or removed is
 * still read.
 */
export class LineReader {
  readonly path: string;
  readonly #file: number;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /** Undefined when there is no such file. Throws TF_PERMISSION or TF_IO. */
  static open(path: string): LineReader | undefined {
    try {
      return new LineReader(path, openSync(path, 'r'));
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return undefined;
      throw fileError(cause, 'read', path);
    }
  }

  /** The complete lines from where the last call ended to the present end. A file that was emptied is read anew. */
  *lines(): Generator<string, void> {
    if (fstatSync(this.#file).size < this.#offset) {
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const read = readSync(this.#file, chunk, 0, CHUNK_BYTES, this.#offset);
      if (read === 0) return;
      this.#offset += read;
      yield* this.#split(Buffer.concat([this.#rest, chunk.subarray(0, read)]));
    }
  }

  /** Whether its path names another file by now, or none. */
  get isReplaced(): boolean {
    try {
      return statSync(this.path).ino !== fstatSync(this.#file).ino;
    } catch {
      return true;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  *#split(bytes: Buffer): Generator<string, void> {
    let start = 0;
    for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
      yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
    if (this.#rest.length < LINE_BYTES_MAX) return;
    yield this.#rest.toString();
    this.#rest = Buffer.alloc(0);
  }
}
