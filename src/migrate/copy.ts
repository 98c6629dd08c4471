/**
 * Brings one chunk over, exactly once: verify, then insert.
 *
 * Promises: a chunk that is `verified` is in the target once, as the source had it at the chunk's epoch. Always true: what
 * an attempt is about to do is in the ledger before it does it, under a batch number that no other attempt has. When
 * anything ends in between, also this process, the next call finds out what is stored and keeps it or removes it.
 */
import type { Readable } from 'node:stream';
import { TrackflowError } from '../errors/error.ts';
import { ATTEMPTS_MAX, batchOf, type Chunk } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';
import { isPassing } from './passing.ts';
import type { Progress } from './progress.ts';
import type { Route } from './route.ts';
import type { SourceReader, Target } from './sides.ts';
import { differences, type SourceSums } from './sums.ts';
import type { Throttle } from './throttle.ts';

/** Copies of a chunk whose sums differ, before it counts as one that does. */
const COPIES_MAX = 3;

export interface CopyParts {
  readonly target: Target;
  readonly ledger: Ledger;
  readonly allowLossy: boolean;
  readonly throttle: Throttle | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** In milliseconds, for durations. */
  readonly elapsed: () => number;
}

/**
 * Copies and verifies `chunk` and gives it as the ledger then has it. `fresh`: nothing can be stored of it yet. Throws
 * TF_INPUT when values would be lost and that was not allowed, else what either side throws.
 */
export async function bringChunk(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  options: { readonly fresh: boolean; readonly route: Route },
): Promise<Chunk> {
  const { target, ledger, allowLossy } = parts;
  const sums = await reader.sums(table, chunk.range);
  if (!allowLossy) refuseLoss(table, sums);
  const names = table.columns.map(({ name }) => name);
  const stored = async (attempt: number) => target.sums(table, batchOf(ledger.job, chunk.ordinal, attempt));
  const done = (now: Chunk, state: 'verified' | 'differs', note = now.note): Chunk => {
    const finished: Chunk = { ...now, state, note, sums, epoch: reader.epoch };
    ledger.update(finished);
    return finished;
  };

  if (!options.fresh && chunk.attempt > 0) {
    const batch = batchOf(ledger.job, chunk.ordinal, chunk.attempt);
    await target.idle(batch);
    const left = await target.sums(table, batch);
    if (differences(sums, left, names).length === 0) return done(chunk, 'verified');
    if (left.rows > 0) await target.remove(table, [batch]);
  }
  let now = chunk;
  for (let copy = 1; ; copy++) {
    now = begin(parts, now, reader, sums, copy === 1 && options.fresh);
    if (sums.rows === 0) return done(now, 'verified');
    const bytes = await move(parts, table, now, reader, copy === 1 ? options.route : 'pipe');
    now = { ...now, bytes };
    const found = differences(sums, await stored(now.attempt), names);
    if (found.length === 0) return done(now, 'verified');
    const note = found.slice(0, 5).join('; ');
    if (copy >= COPIES_MAX) return done(now, 'differs', note);
    await target.remove(table, [batchOf(ledger.job, now.ordinal, now.attempt)]);
    now = { ...now, note };
  }
}

/** A new attempt, with a number of its own, on disk before its first row moves. */
function begin({ ledger }: CopyParts, chunk: Chunk, reader: SourceReader, sums: SourceSums, isFirst: boolean): Chunk {
  if (isFirst) return chunk;
  const attempt = chunk.attempt + 1;
  if (attempt > ATTEMPTS_MAX) throw new TrackflowError('TF_FAILED', `a chunk was tried ${ATTEMPTS_MAX} times`);
  const begun: Chunk = { ...chunk, attempt, state: 'copying', sums, epoch: reader.epoch };
  ledger.update(begun);
  return begun;
}

/** Moves the rows. Returns their bytes where they came through here, else the size of the last ones of as many rows. */
async function move(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  route: Route,
): Promise<number> {
  const { target, ledger, throttle, signal, progress } = parts;
  const batch = batchOf(ledger.job, chunk.ordinal, chunk.attempt);
  if (route === 'engine') {
    try {
      await target.fetch(table, batch, reader.select(table, chunk.range), signal);
    } catch (error) {
      if (isPassing(error)) throw error;
      // What the engine cannot do, this process can: the sums will differ, and the next copy comes through here.
      await target.idle(batch);
    }
    return 0;
  }
  const rows = reader.rows(table, chunk.range);
  const failed = new Promise<never>((_, reject) => rows.once('error', reject));
  failed.catch(() => {});
  const watched = progress.watch(chunk.table, rows);
  try {
    const body: Readable | AsyncIterable<Uint8Array> = throttle === null ? rows : throttle.slowed(rows);
    // What cut the rows says more than what ClickHouse makes of a body that ends early.
    await Promise.race([target.insert(table, batch, body, signal), failed]);
    return rows.bytesRead;
  } finally {
    watched();
    if (!rows.readableEnded) rows.destroy();
  }
}

function refuseLoss(table: TablePlan, { lost }: SourceSums): void {
  const hit = table.columns.flatMap(({ name, loss }, index) =>
    loss !== null && lost[index]! > 0 ? [`${name}: ${lost[index]} rows, ${loss.what}`] : [],
  );
  if (hit.length === 0) return;
  throw new TrackflowError(
    'TF_INPUT',
    `${table.source} has values that ${table.target} cannot hold (${hit.join('; ')})`,
    {
      hints: [
        '--allow-lossy copies them changed as the plan says',
        '--map FILE gives the column another type, like String',
      ],
    },
  );
}
