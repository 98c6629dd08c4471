/**
 * Reads all rows of a run slice by slice, within the limits of one read whatever they are.
 *
 * Promises: every row is in exactly one answer that is handed on. An answer that is cut, or a read that is refused
 * because it takes too long or too much: its slice is read again in halves. A busy engine is asked again. Everything
 * else, and a slice that cannot be halved further, fails as the read did.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackflowError } from '../../errors/error.ts';
import { halve, type Slice } from './slice.ts';

export type Row = Readonly<Record<string, unknown>>;
/** The read-only query of the control socket. */
export type ReadRows = (sql: string) => Promise<readonly Row[]>;

export interface SliceReader {
  readonly rows: ReadRows;
  readonly signal: AbortSignal;
  readonly statement: (slice: Slice) => string;
  /** Whether an answer does not hold all there is. */
  readonly isCut: (rows: readonly Row[]) => boolean;
  /** Indices of events that may be there end before this. */
  readonly indexEnd: number;
  readonly take: (rows: readonly Row[]) => void;
}

const BUSY_TRIES = 20;
const BUSY_WAIT_MS = 250;
/** A read that was refused in this many halves is refused for another reason than its size. */
const DEPTH_MAX = 40;

/** Reads one slice. Throws the signal's reason when it aborts, else as the promise above says. */
export async function readSlice(reader: SliceReader, slice: Slice, depth = 0): Promise<void> {
  const halves = depth < DEPTH_MAX ? halve(slice, reader.indexEnd) : null;
  let answer: readonly Row[] | null = null;
  try {
    answer = await readPatiently(reader, reader.statement(slice));
  } catch (error) {
    if (halves === null || !isTooMuch(error)) throw error;
  }
  // One event so often that its rows fill an answer is enough of a violation as it is.
  if (answer !== null && (halves === null || !reader.isCut(answer))) {
    reader.take(answer);
    return;
  }
  for (const half of halves!) await readSlice(reader, half, depth + 1);
}

async function readPatiently({ rows, signal }: SliceReader, sql: string): Promise<readonly Row[]> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await rows(sql);
    } catch (error) {
      if (!(error instanceof TrackflowError) || error.code !== 'TF_BUSY' || attempt === BUSY_TRIES) throw error;
    }
    await sleep(BUSY_WAIT_MS, undefined, { signal });
  }
}

/** Time is TF_TIMEOUT; rows, bytes and memory are TF_QUERY, and so is a statement that is wrong. */
function isTooMuch(error: unknown): boolean {
  return error instanceof TrackflowError && (error.code === 'TF_TIMEOUT' || error.code === 'TF_QUERY');
}
