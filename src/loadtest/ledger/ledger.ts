/**
 * What a worker of the generator knows of each event that it sends, on disk.
 *
 * Promise: killed at any moment, an event that was sent never reads as `unsent`. Before an event beyond the watermark is
 * sent, a higher watermark is in the file; below it, a state that did not get there reads as `unknown`. An answer that was
 * heard less than `WRITE_EVERY_MS` before the end may be forgotten in the same way, never invented. A power cut is not
 * covered: nothing is synced, the kernel keeps what was written.
 *
 * Always true: `acknowledged` is never taken back, and what is marked is reserved. Bounded: two bits per event, `EVENTS_MAX`
 * of them, in chunks made when touched; above it reserve throws. Full: when the disk does not take the states, the next
 * `reserve`, `mark` or `flush` throws what it said, and nothing may be sent any more.
 *
 * Each worker has a file of its own over the indices of all. `view.ts` puts the files together.
 */
import fs from 'node:fs';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';
import type { EventState } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';
import {
  CHUNK_BYTES,
  EVENTS_MAX,
  EVENTS_PER_CHUNK,
  encodeHead,
  HEAD_BYTES,
  putState,
  stateIn,
  WATERMARK_AT,
} from './format.ts';

const WRITE_EVERY_MS = 200;
/** The watermark goes up in steps, so that it is written once for this many events. */
const STRIDE = 65_536;

export interface LedgerOptions {
  readonly plan: LoadPlan;
  /** The worker whose requests it is for: events of others are not to be marked in it. */
  readonly worker: number;
}

export class Ledger {
  readonly #file: string;
  readonly #fd: number;
  readonly #options: LedgerOptions;
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #dirty = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  #watermark = 0;
  /** One beyond the highest index that was marked or reserved. */
  #end = 0;
  #failure: TrackflowError | null = null;

  private constructor(file: string, fd: number, options: LedgerOptions) {
    this.#file = file;
    this.#fd = fd;
    this.#options = options;
    this.#timer = setInterval(() => this.#writeOrRemember(), WRITE_EVERY_MS);
    this.#timer.unref();
  }

  /** Makes a new file. Throws TF_CANNOT_CREATE, TF_PERMISSION or TF_IO, also when there is one of this name. */
  static open(file: string, options: LedgerOptions): Ledger {
    try {
      const fd = fs.openSync(file, 'wx+', 0o600);
      fs.writeSync(fd, encodeHead({ run: options.plan.run, worker: options.worker, watermark: 0, closed: false }), 0);
      return new Ledger(file, fd, options);
    } catch (cause) {
      throw fileError(cause, 'create', file);
    }
  }

  /** To be called before event `n` is sent. Throws TF_INPUT beyond `EVENTS_MAX`, TF_IO when the disk fails. */
  reserve(n: number): void {
    if (this.#failure !== null) throw this.#failure;
    if (n >= EVENTS_MAX) {
      throw new TrackflowError('TF_INPUT', `event ${n} is beyond the ${EVENTS_MAX} events that a run can have`);
    }
    if (n >= this.#end) this.#end = n + 1;
    if (n < this.#watermark) return;
    const watermark = Math.min((Math.floor(n / STRIDE) + 1) * STRIDE, EVENTS_MAX);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(watermark));
    this.#write(bytes, WATERMARK_AT);
    this.#watermark = watermark;
  }

  /** Notes what is known of event `n`: `unknown` before it is sent, then what the answer says. Throws as `reserve`. */
  mark(n: number, state: EventState): void {
    this.reserve(n);
    const index = Math.floor(n / EVENTS_PER_CHUNK);
    const offset = n - index * EVENTS_PER_CHUNK;
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint8Array(CHUNK_BYTES);
      this.#chunks.set(index, chunk);
    }
    if (stateIn(chunk, offset) === 'acknowledged') return;
    putState(chunk, offset, state);
    this.#dirty.add(index);
  }

  /** Writes what changed; returns when the kernel has it. Throws as `reserve`. */
  flush(): void {
    if (this.#failure !== null) throw this.#failure;
    for (const index of this.#dirty) {
      this.#write(this.#chunks.get(index)!, HEAD_BYTES + index * CHUNK_BYTES);
      this.#dirty.delete(index);
    }
  }

  /**
   * Ends it in order, after the last answer: from now on an event that was not marked was not sent. Throws as `flush`, and
   * then the file stays as a kill would have left it.
   */
  close(): void {
    clearInterval(this.#timer);
    try {
      this.flush();
      const { plan, worker } = this.#options;
      this.#write(encodeHead({ run: plan.run, worker, watermark: this.#end, closed: true }), 0);
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #writeOrRemember(): void {
    try {
      this.flush();
    } catch (error) {
      this.#failure = error as TrackflowError;
    }
  }

  #write(bytes: Uint8Array, position: number): void {
    try {
      let written = 0;
      while (written < bytes.length) {
        written += fs.writeSync(this.#fd, bytes, written, bytes.length - written, position + written);
      }
    } catch (cause) {
      this.#failure = fileError(cause, 'write', this.#file);
      throw this.#failure;
    }
  }
}
