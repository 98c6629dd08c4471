import { type Chunk, ORDINAL_MAX } from './chunk.ts';
import { CHUNK_BYTES_MAX, ChunkSize } from './chunk-size.ts';
import type { TablePlan } from './column.ts';
import { bringChunk, type CopyParts, sumsBy } from './copy.ts';
import type { RouteChoice } from './route.ts';
import { RouteMeter } from './route.ts';
import type { SourceReader } from './sides.ts';
import { runWorkers, type Work, type WorkerParts } from './workers.ts';

export interface TableParts extends CopyParts, WorkerParts {
  readonly chunkRows: number | null;
  readonly route: RouteChoice;
  /** Whether the engine reaches the source. */
  readonly canFetch: boolean;
  /** A chunk came to its end. */
  readonly onChunk: () => void;
}

/** Below this many rows a table is done before two ways could be compared. */
const METERED_ROWS_MIN = 1_000_000;

/** Copies what is left of a table: chunks that are under way, then new ones behind the cursor to the end. */
export async function copyTable(parts: TableParts, table: TablePlan, index: number): Promise<void> {
  const { ledger, progress } = parts;
  const size = new ChunkSize(parts.chunkRows);
  const fetchable = parts.canFetch && table.columns.every(({ wire }) => !wire.startsWith('JSON'));
  const worthwhile = parts.route === 'engine' || table.rows >= METERED_ROWS_MIN;
  const meter = new RouteMeter(parts.route, fetchable && worthwhile);
  // Where a chunk held what the target cannot, the next ones are likely to.
  let by = sumsBy(table);
  const unfinished = ledger.chunks(index).filter(({ state }) => state === 'copying');
  const workOn = (chunk: Chunk, isNew: boolean): Work => {
    return async (reader, repeated) => {
      const fresh = isNew && !repeated;
      const route = fresh ? meter.next() : 'pipe';
      const begun = parts.elapsed();
      // A failed attempt may have left its number in the ledger.
      const latest = ledger.chunk(chunk.ordinal);
      const done = await bringChunk(parts, table, latest, reader, { fresh, route, by });
      if (done.sums?.by === 'columns' && done.sums.lost.some((rows) => rows > 0)) by = 'columns';
      progress.finished(done, isNew ? null : chunk);
      parts.onChunk();
      const ms = parts.elapsed() - begun;
      const rows = done.sums?.rows ?? 0;
      size.took(rows, ms);
      meter.took(route, rows, ms);
      if (route === 'engine' && done.attempt > chunk.attempt) meter.distrust();
    };
  };
  await runWorkers(parts, async (reader) => {
    const left = unfinished.shift();
    if (left !== undefined) return workOn(left, false);
    const chunk = await carve(parts, table, index, reader, size.rows);
    return chunk === null ? null : workOn(chunk, true);
  });
}

async function carve(
  parts: TableParts,
  table: TablePlan,
  index: number,
  reader: SourceReader,
  rows: number,
): Promise<Chunk | null> {
  const { ledger, progress } = parts;
  const { cursor } = ledger.table(index);
  const range = await reader.carve(table, cursor, { rows, bytes: CHUNK_BYTES_MAX });
  if (range === null) return null;
  const next = range.by === 'all' ? { part: range.part + 1, from: null } : { part: range.part, from: range.to };
  const chunk = ledger.add(
    { table: index, range, state: 'copying', attempt: 1, epoch: reader.epoch, sums: null, bytes: 0, note: '' },
    next,
  );
  if (chunk.ordinal > ORDINAL_MAX) throw new RangeError(`more than ${ORDINAL_MAX} chunks`);
  progress.added(index);
  return chunk;
}

/**
 * Brings verified chunks of an older snapshot to the present one: those of which nothing has changed in the source are only
 * read there.
 */
export async function settleTable(parts: TableParts, table: TablePlan, index: number): Promise<void> {
  const { ledger, progress } = parts;
  const chunks = [...ledger.chunks(index)];
  await runWorkers(parts, async (reader) => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      if (chunk.state !== 'copying' && chunk.epoch === reader.epoch) continue;
      const { ordinal } = chunk;
      return async (latestReader) => {
        const now = ledger.chunk(ordinal);
        const sums =
          now.state === 'verified' ? await latestReader.sums(table, now.range, now.sums?.by ?? sumsBy(table)) : null;
        if (sums !== null && JSON.stringify(sums) === JSON.stringify(now.sums))
          ledger.update({ ...now, epoch: latestReader.epoch });
        else progress.finished(await bringChunk(parts, table, now, latestReader, { fresh: false, route: 'pipe' }), now);
      };
    }
    return null;
  });
}
