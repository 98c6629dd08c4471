/**
 * New rows of tables that only grow, by their key, after the copy.
 *
 * Promises: a row is copied once, also one whose transaction took its key early and ended late. For that, a key is only
 * gone up to when every transaction that was under way as it was seen has ended, and what was copied is counted again when all
 * have ended that were under way then. Always true: chunks by block hold keys up
 * to the one at which following began, chunks by key those after it. Rows that are changed or deleted later are not
 * followed.
 */
import { type Chunk, ROOT } from './chunk.ts';
import type { KeyPlan, TablePlan } from './column.ts';
import { bringChunk } from './copy.ts';
import type { SourceReader } from './sides.ts';
import type { TableParts } from './table-copy.ts';
import { runWorkers } from './workers.ts';

/**
 * Between two looks at the source. Also what a transaction gets that has a key and no number yet, which are microseconds
 * of a single INSERT.
 */
const LOOK_MS = 1_000;
/** Rows of a chunk by key. */
const CHUNK_ROWS = 200_000;

export interface FollowParts extends TableParts {
  /** Called between chunks of work that take long. */
  readonly onPhase: () => void;
  /** What was followed is stored up to the chunk of that number. */
  readonly onStored: (ordinal: number) => void;
}

interface Followed {
  readonly table: TablePlan & { readonly key: KeyPlan };
  readonly index: number;
  /** The greatest key of the last look, and the snapshot that it was seen in. */
  seen: { readonly key: string; readonly epoch: string } | null;
}

/** Whether a table can be followed. */
export function canFollow(table: TablePlan): table is TablePlan & { readonly key: KeyPlan } {
  return table.key !== null;
}

/**
 * Fixes where copying ended and following begins, in the snapshot that all chunks are of. Null keys (an empty table) begin
 * at the start.
 */
export async function beginFollowing(
  { ledger }: FollowParts,
  table: TablePlan,
  index: number,
  reader: SourceReader,
): Promise<void> {
  const { cursor } = ledger.table(index);
  if (!isFollowing(cursor.part, table) && cursor.part !== ROOT)
    ledger.limit(index, await reader.greatestKey(table), followed(table));
  const { from } = ledger.table(index).cursor;
  ledger.setTable(index, { cursor: { part: followed(table), from, late: reader.epoch } });
}

/**
 * Begins to follow a table by its key whose log is lost: from the greatest key that the target has. What the log would have told
 * of older rows stays untold.
 */
export async function goOnByKey({ ledger, target }: FollowParts, table: TablePlan, index: number): Promise<void> {
  const column = table.log!.identity[0]!.name;
  ledger.setTable(index, { cursor: { part: followed(table), from: await target.greatest(table, column) } });
}

function isFollowing(part: number, table: TablePlan): boolean {
  return part === followed(table);
}

/** Part of the cursor of a table that is followed: behind the end of the last one. */
function followed({ parts }: TablePlan): number {
  return parts.length + 1;
}

/** Copies what comes until `signal` aborts; rejects with its reason, or when a side stays away. */
export async function follow(
  parts: FollowParts,
  tables: readonly { readonly table: TablePlan; readonly index: number }[],
): Promise<never> {
  const { signal, progress } = parts;
  progress.phase = 'following';
  parts.onPhase();
  const watched = tables.flatMap(({ table, index }): Followed[] =>
    canFollow(table) ? [{ table, index, seen: null }] : [],
  );
  for (;;) {
    await parts.source.renew();
    let lag = 0;
    for (const one of watched) lag += await look(parts, one);
    progress.lagRows = lag;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Copies up to the key of the last look, where that is safe by now, and looks again. Returns how many rows are behind. */
async function look(parts: FollowParts, one: Followed): Promise<number> {
  const { ledger, progress } = parts;
  const { table, index, seen } = one;
  let lag = 0;
  let isLooked = false;
  await runWorkers({ ...parts, parallel: 1 }, async (reader) => {
    if (isLooked) return null;
    const { from, late } = ledger.table(index).cursor;
    if (late !== undefined && reader.hasEnded(late)) return (latest) => bringLate(parts, table, index, latest);
    if (seen !== null && reader.hasEnded(seen.epoch)) {
      const to = await reader.keyAfter(table, from, seen.key, CHUNK_ROWS);
      if (to !== null) {
        const chunk = ledger.add(
          {
            table: index,
            range: { part: ROOT, by: 'key', from, to },
            state: 'copying',
            attempt: 1,
            epoch: reader.epoch,
            sums: null,
            bytes: 0,
            note: '',
          },
          { part: followed(table), from: to, ...(late !== undefined && { late }) },
        );
        progress.added(index);
        return (latest, repeated) => bring(parts, table, chunk, latest, !repeated);
      }
    }
    isLooked = true;
    const key = await reader.greatestKey(table);
    one.seen = key === null ? null : { key, epoch: reader.epoch };
    lag = await reader.count(table, { part: ROOT, by: 'key', from, to: null });
    return null;
  });
  return lag;
}

/**
 * Rows that had an early key and were not to be seen yet when copying ended: a chunk that holds more rows by now is copied
 * again. A table that only grows need not be read for that, only counted.
 */
async function bringLate(parts: FollowParts, table: TablePlan, index: number, reader: SourceReader): Promise<void> {
  const { ledger, progress } = parts;
  for (const chunk of ledger.chunks(index)) {
    if ((await reader.count(table, chunk.range)) === chunk.sums?.rows) continue;
    progress.finished(await bringChunk(parts, table, chunk, reader, { fresh: false, route: 'pipe' }), chunk);
  }
  const { late: _, ...cursor } = ledger.table(index).cursor;
  ledger.setTable(index, { cursor });
}

async function bring(
  parts: FollowParts,
  table: TablePlan,
  chunk: Chunk,
  reader: SourceReader,
  fresh: boolean,
): Promise<void> {
  const done = await bringChunk(parts, table, parts.ledger.chunk(chunk.ordinal), reader, { fresh, route: 'pipe' });
  parts.progress.finished(done, null);
  parts.onStored(chunk.ordinal);
}
