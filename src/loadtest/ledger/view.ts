/**
 * The ledgers of a run's workers as one. An event counts as what the ledger of its own worker says: request `k` is worker
 * `k % plan.workers`'s, and each file names its worker in its head. A worker without a file never began: it makes the file
 * before it sends. (Were one deleted, what it sent would show as phantoms.)
 *
 * Bounded: `CHUNKS_CACHED_MAX` chunks per file are in memory. Reads are synchronous; a file must not change meanwhile.
 */
import fs from 'node:fs';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';
import { EVENT_STATES, type EventState } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { requestAt, requestOf } from '../profile/requests.ts';
import {
  CHUNK_BYTES,
  decodeHead,
  EVENTS_MAX,
  EVENTS_PER_CHUNK,
  HEAD_BYTES,
  type LedgerHead,
  stateIn,
} from './format.ts';

/** 4 MiB. */
const CHUNKS_CACHED_MAX = 256;
const UNTOUCHED = Buffer.alloc(CHUNK_BYTES);

export interface LedgerView {
  /** What is known of event `n`. One that may have been sent is never `unsent`. */
  stateOf(n: number): EventState;
  /** One beyond the highest index that may have been sent. */
  readonly end: number;
  readonly counts: Readonly<Record<Exclude<EventState, 'unsent'>, number>>;
  close(): void;
}

/**
 * Opens the ledgers of a run, in any order. Throws TF_INPUT when one is no ledger, is another run's, or two are of the same
 * worker; TF_IO or TF_PERMISSION when one that is there cannot be read.
 */
export function readLedgers(files: readonly string[], plan: LoadPlan): LedgerView {
  const workers: (LedgerFile | undefined)[] = Array.from({ length: plan.workers });
  const opened: LedgerFile[] = [];
  const close = () => {
    for (const file of opened) file.close();
  };
  try {
    for (const name of files) {
      if (!fs.existsSync(name)) continue;
      const file = new LedgerFile(name, plan);
      opened.push(file);
      if (workers[file.head.worker] !== undefined) {
        throw new TrackflowError('TF_INPUT', `${name} is a second ledger of worker ${file.head.worker}`);
      }
      workers[file.head.worker] = file;
    }
    const counts = { acknowledged: 0, rejected: 0, unknown: 0 };
    for (const file of opened) file.count(plan, counts);
    return {
      stateOf: (n) => workers[plan.workers === 1 ? 0 : requestOf(plan, n) % plan.workers]?.stateOf(n) ?? 'unsent',
      end: Math.max(0, ...opened.map(({ head }) => head.watermark)),
      counts,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

type Counts = Record<Exclude<EventState, 'unsent'>, number>;

class LedgerFile {
  readonly head: LedgerHead;
  readonly #name: string;
  readonly #fd: number;
  readonly #chunks = new Map<number, Uint8Array>();
  #lastIndex = -1;
  #lastChunk: Uint8Array = new Uint8Array(0);

  constructor(name: string, plan: LoadPlan) {
    this.#name = name;
    try {
      this.#fd = fs.openSync(name, 'r');
    } catch (cause) {
      throw fileError(cause, 'read', name);
    }
    try {
      this.head = checkHead(name, this.#read(0, HEAD_BYTES), plan);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  stateOf(n: number): EventState {
    if (n >= this.head.watermark) return 'unsent';
    const index = Math.floor(n / EVENTS_PER_CHUNK);
    const state = stateIn(this.#chunk(index), n - index * EVENTS_PER_CHUNK);
    return state === 'unsent' && !this.head.closed ? 'unknown' : state;
  }

  /** Adds the states of this worker's events. */
  count(plan: LoadPlan, counts: Counts): void {
    const bytes = new Float64Array(256);
    for (let index = 0; index * EVENTS_PER_CHUNK < this.head.watermark; index++) {
      const chunk = this.#read(HEAD_BYTES + index * CHUNK_BYTES, CHUNK_BYTES);
      if (chunk.equals(UNTOUCHED)) continue;
      for (const byte of chunk) bytes[byte]! += 1;
    }
    const found = { unsent: 0, acknowledged: 0, rejected: 0, unknown: 0 };
    bytes.forEach((count, byte) => {
      for (let shift = 0; shift < 8; shift += 2) found[EVENT_STATES[(byte >>> shift) & 3]!] += count;
    });
    const { acknowledged, rejected } = found;
    counts.acknowledged += acknowledged;
    counts.rejected += rejected;
    counts.unknown += this.head.closed ? found.unknown : this.#reserved(plan) - acknowledged - rejected;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** How many events below the watermark are this worker's. */
  #reserved(plan: LoadPlan): number {
    let events = 0;
    for (let k = this.head.worker; ; k += plan.workers) {
      const { first, count } = requestAt(plan, k);
      if (first >= this.head.watermark) return events;
      events += Math.min(count, this.head.watermark - first);
    }
  }

  #chunk(index: number): Uint8Array {
    if (index === this.#lastIndex) return this.#lastChunk;
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = this.#read(HEAD_BYTES + index * CHUNK_BYTES, CHUNK_BYTES);
      // The one that was read first goes first: verification walks up the indices.
      if (this.#chunks.size >= CHUNKS_CACHED_MAX) this.#chunks.delete(this.#chunks.keys().next().value!);
      this.#chunks.set(index, chunk);
    }
    this.#lastIndex = index;
    this.#lastChunk = chunk;
    return chunk;
  }

  /** What lies behind the end of the file reads as 0. */
  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    try {
      let read = 0;
      while (read < length) {
        const got = fs.readSync(this.#fd, bytes, read, length - read, position + read);
        if (got === 0) break;
        read += got;
      }
    } catch (cause) {
      throw fileError(cause, 'read', this.#name);
    }
    return bytes;
  }
}

function checkHead(name: string, bytes: Buffer, plan: LoadPlan): LedgerHead {
  const head = decodeHead(bytes);
  if (head === null || head.watermark > EVENTS_MAX) throw new TrackflowError('TF_INPUT', `${name} is no ledger`);
  if (head.run !== plan.run) {
    throw new TrackflowError(
      'TF_INPUT',
      `${name} is the ledger of run ${JSON.stringify(head.run)}, not of ${plan.run}`,
    );
  }
  if (head.worker >= plan.workers) {
    const workers = `the plan has ${plan.workers}`;
    throw new TrackflowError('TF_INPUT', `${name} is the ledger of worker ${head.worker}; ${workers}`);
  }
  return head;
}
