import type { TableReport } from '../control/migration.ts';
import type { Range } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';
import type { MigrationPlan } from './plan.ts';
import type { Progress } from './progress.ts';
import type { Verdict } from './verify.ts';

const DIFFERENCES_MAX = 20;

/** What each table came to, from the ledger. */
export function tableReports(plan: MigrationPlan, ledger: Ledger, progress: Progress): TableReport[] {
  const shown = progress.tables();
  return plan.tables.map((table, index) => {
    const chunks = ledger.chunks(index);
    const changed: Record<string, number> = {};
    for (const { sums } of chunks) {
      if (sums?.by !== 'columns') continue;
      sums.lost.forEach((rows, column) => {
        if (rows > 0) changed[table.columns[column]!.name] = (changed[table.columns[column]!.name] ?? 0) + rows;
      });
    }
    const differing = chunks.filter(({ state }) => state === 'differs').slice(0, DIFFERENCES_MAX);
    const differences = differing.map(({ range, note }) => ({ range: rangeText(table, range), what: note }));
    return { ...shown[index]!, changed, differences };
  });
}

/** What comparing a table again came to, beside what is known of it from its copy. */
export function verifiedReport(
  copied: TableReport,
  table: TablePlan,
  { rows, differing }: Verdict,
  stray: number,
): TableReport {
  const found = differing.map(({ chunk, what }) => ({
    range: chunk === null ? table.source : rangeText(table, chunk.range),
    what,
  }));
  if (stray > 0) found.push({ range: table.target, what: `${stray} rows of no chunk in ClickHouse` });
  const error = found.length === 0 ? '' : `${found.length} differences from the source as it is now`;
  return {
    ...copied,
    state: found.length === 0 ? 'verified' : 'differs',
    error,
    rows,
    differences: found.slice(0, DIFFERENCES_MAX),
  };
}

/** A range for people: `blocks 100 to 200 of "public"."visits"`. */
function rangeText({ parts, key }: TablePlan, { part, by, from, to }: Range): string {
  const of = parts[part]?.relation.replace(/^ONLY /, '') ?? '';
  if (by === 'all' || by === 'none') return of;
  if (by === 'log') return `changes from ${from} to ${to}`;
  return `${by === 'blocks' ? 'blocks' : `${key?.column} after`} ${from ?? 'the first'} to ${to ?? 'the last'} of ${of}`;
}
