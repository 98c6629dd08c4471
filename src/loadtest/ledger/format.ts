/**
 * The file of a ledger: a head, then two bits for each event of the run by index, whichever worker sends it. What was never
 * touched is a hole in the file and reads as 0.
 *
 *     0  magic, 8 bytes       8  version, uint32     12  worker, uint32      16  run, 8 characters
 *    24  watermark, uint64   32  closed, 1 byte      4,096  states, in chunks of 16 KiB
 */
import { EVENT_STATES, type EventState } from '../measure/outcome.ts';

export const HEAD_BYTES = 4_096;
export const CHUNK_BYTES = 16_384;
export const EVENTS_PER_CHUNK = CHUNK_BYTES * 4;
/** Indices that a ledger can hold. */
export const EVENTS_MAX = 2 ** 32;
export const WATERMARK_AT = 24;

const MAGIC = 'TFLEDGER';
const VERSION = 1;

export interface LedgerHead {
  readonly run: string;
  readonly worker: number;
  /** Events from here on were not sent. */
  readonly watermark: number;
  /** Whether the writer ended in order: then each state is final, and 0 is `unsent` below the watermark too. */
  readonly closed: boolean;
}

export function encodeHead({ run, worker, watermark, closed }: LedgerHead): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 0, 'latin1');
  head.writeUInt32LE(VERSION, 8);
  head.writeUInt32LE(worker, 12);
  head.write(run, 16, 8, 'latin1');
  head.writeBigUInt64LE(BigInt(watermark), WATERMARK_AT);
  head[32] = closed ? 1 : 0;
  return head;
}

/** The head of a file, or null when it is none of ours. */
export function decodeHead(head: Buffer): LedgerHead | null {
  if (head.length < HEAD_BYTES || head.toString('latin1', 0, 8) !== MAGIC) return null;
  if (head.readUInt32LE(8) !== VERSION) return null;
  return {
    run: head.toString('latin1', 16, 24),
    worker: head.readUInt32LE(12),
    watermark: Number(head.readBigUInt64LE(WATERMARK_AT)),
    closed: head[32] === 1,
  };
}

/** The state of the event at `offset` in a chunk. */
export function stateIn(chunk: Uint8Array, offset: number): EventState {
  return EVENT_STATES[(chunk[offset >>> 2]! >>> ((offset & 3) << 1)) & 3]!;
}

/** Puts a state in its place in a chunk. */
export function putState(chunk: Uint8Array, offset: number, state: EventState): void {
  const shift = (offset & 3) << 1;
  const at = offset >>> 2;
  chunk[at] = (chunk[at]! & ~(3 << shift)) | (EVENT_STATES.indexOf(state) << shift);
}
