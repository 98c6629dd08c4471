import type { TableReport } from '../control/migration.ts';
import type { Range } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';
import type { MigrationPlan } from './plan.ts';
import type { Progress } from './progress.ts';

const DIFFERENCES_MAX = 20;

/** What each table came to, from the ledger. */
export function tableReports(plan: MigrationPlan, ledger: Ledger, progress: Progress): TableReport[] {
  const shown = progress.snapshot().tables;
  return plan.tables.map((table, index) => {
    const chunks = ledger.chunks(index);
    const changed: Record<string, number> = {};
    for (const { sums } of chunks) {
      sums?.lost.forEach((rows, column) => {
        if (rows > 0) changed[table.columns[column]!.name] = (changed[table.columns[column]!.name] ?? 0) + rows;
      });
    }
    const differing = chunks.filter(({ state }) => state === 'differs').slice(0, DIFFERENCES_MAX);
    const differences = differing.map(({ range, note }) => ({ range: rangeText(table, range), what: note }));
    return { ...shown[index]!, changed, differences };
  });
}

/** A range for people: `blocks 100 to 200 of "public"."visits"`. */
function rangeText({ parts, key }: TablePlan, { part, by, from, to }: Range): string {
  const of = parts[part]?.relation.replace(/^ONLY /, '') ?? '';
  if (by === 'all') return of;
  return `${by === 'blocks' ? 'blocks' : `${key?.column} after`} ${from ?? 'the first'} to ${to ?? 'the last'} of ${of}`;
}
