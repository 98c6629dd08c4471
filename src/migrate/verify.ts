import { batchOf, type Chunk, ROOT } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';
import { differences } from './sums.ts';
import { runWorkers, type WorkerParts } from './workers.ts';

export interface VerifyParts extends WorkerParts {
  readonly ledger: Ledger;
  /** A chunk was compared. */
  readonly onChunk: () => void;
}

export interface Verdict {
  readonly rows: number;
  /** Chunks that differ now, and in what; null: rows of no chunk. */
  readonly differing: readonly { readonly chunk: Chunk | null; readonly what: string }[];
}

/**
 * Compares every chunk of a table, as the source has it now, with what is stored, and changes nothing. Both servers compute
 * everything themselves, column by column: nothing that took part in the copy does. Rows of no chunk,
 * on either side, differ too; so does what the source has written since, unless the table was followed.
 */
export async function verifyTable(parts: VerifyParts, table: TablePlan, index: number): Promise<Verdict> {
  const { ledger, target } = parts;
  if (wasFollowed(parts, table)) return verifyWhole(parts, table);
  const names = table.columns.map(({ name }) => name);
  const all = ledger.chunks(index);
  const differing: { chunk: Chunk | null; what: string }[] = [];
  let rows = 0;
  let isEndChecked = false;
  const left = [...all];
  await runWorkers(parts, async (reader) => {
    if (!isEndChecked) {
      isEndChecked = true;
      const behind = await reader.carve(table, ledger.table(index).cursor, {
        rows: 1,
        bytes: Number.POSITIVE_INFINITY,
      });
      const rest = behind === null ? null : await reader.sums(table, { ...behind, to: null }, 'columns');
      if (rest !== null && rest.rows > 0)
        differing.push({ chunk: null, what: `${rest.rows} rows in the source behind the last chunk` });
    }
    const chunk = left.shift();
    if (chunk === undefined) return null;
    return async (latest) => {
      const source = await latest.sums(table, chunk.range, 'columns');
      const stored = await target.sums(table, batchOf(ledger.job, chunk.ordinal, chunk.attempt), 'columns');
      const found = differences(source, stored, names);
      rows += stored.rows;
      if (found.length > 0) differing.push({ chunk, what: found.join('; ') });
      parts.onChunk();
    };
  });
  return { rows, differing };
}

/** Whether rows of the table have changed by the source's log since they were copied. */
export function wasFollowed({ ledger }: VerifyParts, table: TablePlan): boolean {
  return table.log !== undefined && ledger.log?.isFollowing === true;
}

/** Of a table that was followed by the log nothing but the whole can be compared: its rows have left their chunks. */
async function verifyWhole(parts: VerifyParts, table: TablePlan): Promise<Verdict> {
  let rows = 0;
  let found: string[] = [];
  let isAsked = false;
  await runWorkers({ ...parts, parallel: 1 }, async () => {
    if (isAsked) return null;
    isAsked = true;
    return async (reader) => {
      const source = await reader.sums(table, { part: ROOT, by: 'all', from: null, to: null }, 'columns');
      const stored = await parts.target.sums(table, 'all', 'columns');
      rows = stored.rows;
      found = differences(
        source,
        stored,
        table.columns.map(({ name }) => name),
      );
    };
  });
  return { rows, differing: found.length === 0 ? [] : [{ chunk: null, what: found.join('; ') }] };
}

/** Rows of this migration in a target that belong to no chunk of any of `tables`, which share it. */
export async function strayRows(
  { ledger, target }: VerifyParts,
  table: TablePlan,
  tables: readonly number[],
): Promise<number> {
  const counting = new Set(
    tables.flatMap((index) => ledger.chunks(index).map((chunk) => batchOf(ledger.job, chunk.ordinal, chunk.attempt))),
  );
  const found = await target.batches(table);
  return [...found].reduce((sum, [batch, rows]) => sum + (counting.has(batch) ? 0 : rows), 0);
}
