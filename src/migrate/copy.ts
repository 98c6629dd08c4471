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
import { isTextual, type TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';
import { isPassing, reasonOf } from './passing.ts';
import type { Progress } from './progress.ts';
import type { Route } from './route.ts';
import type { Form, SourceReader, Target } from './sides.ts';
import { differences, type RowSums, type SourceSums, type SumsBy } from './sums.ts';
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

/** What a table's chunks are first compared by. */
export function sumsBy(table: TablePlan): SumsBy {
  return isTextual(table) ? 'rows' : 'columns';
}

/**
 * Copies and verifies `chunk` and gives it as the ledger then has it. `fresh`: nothing can be stored of it yet. `by` are the
 * sums to begin with: where those of rows differ, or the target refuses a value as it is, what is wrong is asked of the
 * columns. Throws TF_INPUT when values would be lost and that was not allowed, else what either side throws.
 */
export async function bringChunk(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  options: { readonly fresh: boolean; readonly route: Route; readonly by?: SumsBy },
): Promise<Chunk> {
  // A note says that it was looked at closely before.
  const by = chunk.note === '' ? (options.by ?? sumsBy(table)) : 'columns';
  const { fresh } = options;
  if (!fresh && chunk.attempt > 0 && by === 'rows') {
    const done = await keepStored(parts, table, chunk, reader, await reader.sums(table, chunk.range, by));
    if (done !== null) return done;
  }
  if (by === 'columns') return bringByColumns(parts, table, chunk, reader, options);
  const now = begin(parts, chunk, reader, fresh);
  const tried = await tryAsIs(parts, table, now, reader, options.route);
  if (tried.found === '') return finish(parts, tried.chunk, reader, 'verified', tried.sums);
  const noted: Chunk = { ...tried.chunk, note: tried.found };
  parts.ledger.update(noted);
  // The rest of the rows was not read: only a new session answers.
  if (reader.broken) throw new Error(tried.found);
  return bringByColumns(parts, table, noted, reader, { fresh: false, route: 'pipe' });
}

/** Rows as the source has them, hashed as they pass. `found` says in what they differ, or what the target said to them. */
async function tryAsIs(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  route: Route,
): Promise<{ readonly chunk: Chunk; readonly sums: SourceSums | null; readonly found: string }> {
  try {
    const { bytes, sums } = await move(parts, table, chunk, reader, route, 'as is');
    const source = sums ?? (await reader.sums(table, chunk.range, 'rows'));
    const stored = await parts.target.sums(table, batchOf(parts.ledger.job, chunk.ordinal, chunk.attempt), 'rows');
    return { chunk: { ...chunk, bytes }, sums: source, found: differences(source, stored, []).join('; ') };
  } catch (error) {
    if (isPassing(error)) throw error;
    return { chunk, sums: null, found: reasonOf(error) };
  }
}

/** The thorough way: what would be lost is counted first, and everything is compared column by column. */
async function bringByColumns(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  { fresh, route }: { readonly fresh: boolean; readonly route: Route },
): Promise<Chunk> {
  const { target, ledger } = parts;
  const names = table.columns.map(({ name }) => name);
  const sums = await reader.sums(table, chunk.range, 'columns');
  const refusal = parts.allowLossy ? null : lossError(table, sums);
  if (!fresh && chunk.attempt > 0) {
    if (refusal !== null) await target.remove(table, [batchOf(ledger.job, chunk.ordinal, chunk.attempt)]);
    const done = refusal === null ? await keepStored(parts, table, chunk, reader, sums) : null;
    if (done !== null) return done;
  }
  if (refusal !== null) throw refusal;
  let now = chunk;
  for (let copy = 1; ; copy++) {
    now = begin(parts, now, reader, copy === 1 && fresh);
    if (sums.rows === 0) return finish(parts, now, reader, 'verified', sums);
    const { bytes } = await move(parts, table, now, reader, copy === 1 ? route : 'pipe', 'mended');
    now = { ...now, bytes };
    const batch = batchOf(ledger.job, now.ordinal, now.attempt);
    const found = differences(sums, await target.sums(table, batch, 'columns'), names);
    if (found.length === 0) return finish(parts, now, reader, 'verified', sums);
    now = { ...now, note: found.slice(0, 5).join('; ') };
    if (copy >= COPIES_MAX) return finish(parts, now, reader, 'differs', sums);
    await target.remove(table, [batch]);
  }
}

/** What an attempt that was cut off has stored stays when it is right, and goes when it is not: then null. */
async function keepStored(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  sums: SourceSums,
): Promise<Chunk | null> {
  const { target, ledger } = parts;
  const batch = batchOf(ledger.job, chunk.ordinal, chunk.attempt);
  await target.idle(batch);
  const left = await target.sums(table, batch, sums.by);
  const names = table.columns.map(({ name }) => name);
  if (differences(sums, left, names).length === 0) return finish(parts, chunk, reader, 'verified', sums);
  if (left.rows > 0) await target.remove(table, [batch]);
  return null;
}

function finish(
  { ledger }: CopyParts,
  chunk: Chunk,
  { epoch }: SourceReader,
  state: 'verified' | 'differs',
  sums: SourceSums | null,
): Chunk {
  const finished: Chunk = { ...chunk, state, sums, epoch };
  ledger.update(finished);
  return finished;
}

/** A new attempt, with a number of its own, on disk before its first row moves. */
function begin({ ledger }: CopyParts, chunk: Chunk, reader: SourceReader, isFirst: boolean): Chunk {
  if (isFirst) return chunk;
  const attempt = chunk.attempt + 1;
  if (attempt > ATTEMPTS_MAX) throw new TrackflowError('TF_FAILED', `a chunk was tried ${ATTEMPTS_MAX} times`);
  const begun: Chunk = { ...chunk, attempt, state: 'copying', epoch: reader.epoch };
  ledger.update(begun);
  return begun;
}

/** Moves the rows. What came through here has bytes and sums; of what the engine fetched itself nobody knows them. */
async function move(
  parts: CopyParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  route: Route,
  form: Form,
): Promise<{ readonly bytes: number; readonly sums: RowSums | null }> {
  const { target, ledger, throttle, signal, progress } = parts;
  const batch = batchOf(ledger.job, chunk.ordinal, chunk.attempt);
  if (route === 'engine') {
    try {
      await target.fetch(table, batch, reader.select(table, chunk.range, form), signal);
    } catch (error) {
      if (isPassing(error)) throw error;
      // What the engine cannot do, this process can: the sums will differ, and the next copy comes through here.
      await target.idle(batch);
    }
    return { bytes: 0, sums: null };
  }
  const rows = reader.rows(table, chunk.range, form);
  const failed = new Promise<never>((_, reject) => rows.once('error', reject));
  failed.catch(() => {});
  const watched = progress.watch(chunk.table, rows);
  try {
    const body: Readable | AsyncIterable<Uint8Array> = throttle === null ? rows : throttle.slowed(rows);
    // What cut the rows says more than what ClickHouse makes of a body that ends early.
    await Promise.race([target.insert(table, batch, body, signal), failed]);
    // Only what goes as it is was hashed on its way.
    return { bytes: rows.bytesRead, sums: form === 'as is' ? rows.sums() : null };
  } finally {
    watched();
    if (!rows.readableEnded) rows.destroy();
  }
}

function lossError(table: TablePlan, sums: SourceSums): TrackflowError | null {
  if (sums.by !== 'columns') return null;
  const { lost } = sums;
  const hit = table.columns.flatMap(({ name, loss }, index) =>
    loss !== null && lost[index]! > 0 ? [`${name}: ${lost[index]} rows, ${loss.what}`] : [],
  );
  if (hit.length === 0) return null;
  return new TrackflowError(
    'TF_INPUT',
    `${table.source} has values that ${table.target} cannot hold (${hit.join('; ')})`,
    {
      hints: [
        '--allow-lossy copies them changed as the plan says',
        // Tables of ours have the types that they have.
        ...(table.create === null ? [] : ['--map FILE gives the column another type, like String']),
      ],
    },
  );
}
