import { CHUNK_BYTES_MAX, CHUNK_ROWS } from '../../migrate/chunk-size.ts';
import type { TablePlan } from '../../migrate/column.ts';
import { estimateSeconds, lossyColumns, type MigrationPlan } from '../../migrate/plan.ts';
import { openSession, type SourceAccess } from '../../migrate/postgres/connection.ts';
import { lossStatement } from '../../migrate/postgres/statements.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Style } from '../terminal/style.ts';
import { pairs, table } from '../terminal/table.ts';
import { bytesText, countText, plural, secondsText } from '../terminal/units.ts';

/** What `--dry-run` prints. */
export interface PlanReport {
  readonly schema: 'trackflow.migration-plan/1';
  readonly source: string;
  readonly server: MigrationPlan['server'];
  readonly tables: readonly PlannedTable[];
}

export interface PlannedTable {
  readonly source: string;
  readonly target: string;
  /** Estimates of the source's statistics. */
  readonly rows: number;
  readonly bytes: number;
  readonly chunks: number;
  readonly estimateSeconds: number;
  readonly parts: number;
  /** DDL of the new table; null where it goes into one that is there. */
  readonly create: string | null;
  readonly columns: readonly { readonly name: string; readonly from: string; readonly type: string }[];
  /** Columns that cannot hold every value of their source. `rows` would lose something now; null: not counted in time. */
  readonly lossy: readonly { readonly column: string; readonly what: string; readonly rows: number | null }[];
  readonly notes: readonly string[];
}

/** Time to count what would be lost, in one table: it is read whole for that. */
const COUNT_MS_MAX = 60_000;

/** The plan with what it would lose, counted in the source. Writes nothing. */
export async function planPostgresReport(access: SourceAccess, plan: MigrationPlan): Promise<PlanReport> {
  const session = await openSession(access);
  try {
    await session.query(`SET statement_timeout = ${COUNT_MS_MAX}`);
    return await planReport(access.address.url, plan, (planned) => countLosses(planned, (sql) => session.query(sql)));
  } finally {
    await session.close();
  }
}

/** The same for any source; `count` gives the rows that would lose something by column that may, null where it cannot. */
export async function planReport(
  source: string,
  plan: MigrationPlan,
  count: (planned: TablePlan) => Promise<readonly number[] | null>,
): Promise<PlanReport> {
  const tables: PlannedTable[] = [];
  for (const planned of plan.tables) {
    tables.push(plannedTable(planned, lossyColumns(planned).length === 0 ? [] : await count(planned)));
  }
  return { schema: 'trackflow.migration-plan/1', source, server: plan.server, tables };
}

async function countLosses(
  planned: TablePlan,
  ask: (sql: string) => Promise<object[]>,
): Promise<readonly number[] | null> {
  try {
    const parts = (await ask(lossStatement(planned))) as { readonly lost: readonly number[] }[];
    return lossyColumns(planned).map((_, index) => parts.reduce((sum, { lost }) => sum + lost[index]!, 0));
  } catch {
    // Over its time, or a value that its own type cannot read: copying will tell.
    return null;
  }
}

function plannedTable(planned: TablePlan, counted: readonly number[] | null): PlannedTable {
  const { source, target, rows, bytes, create, columns, notes, parts } = planned;
  return {
    source,
    target,
    rows,
    bytes,
    chunks: Math.max(Math.ceil(rows / CHUNK_ROWS), Math.ceil(bytes / CHUNK_BYTES_MAX), 1),
    estimateSeconds: Math.ceil(estimateSeconds(rows, bytes)),
    parts: parts.length,
    create,
    columns: columns.map(({ name, from, type }) => ({ name, from, type })),
    lossy: lossyColumns(planned).map(({ name, loss }, index) => ({
      column: name,
      what: loss!.what,
      rows: loss!.of === 'every' ? rows : (counted?.[index] ?? null),
    })),
    notes,
  };
}

export function planScreen({ source, server, tables }: PlanReport, style: Style): string {
  const facts = [
    ['source', terminalText(source)],
    ['server', serverText(server)],
  ] as const;
  return [pairs(facts), ...tables.map((one) => tableScreen(one, style))].join('\n\n');
}

function serverText({ version, walLevel, isReplica }: PlanReport['server']): string {
  if (walLevel === undefined) return `ClickHouse ${version}`;
  return `PostgreSQL ${version}${isReplica ? ', a read replica' : ''}, wal_level ${walLevel}`;
}

function tableScreen(planned: PlannedTable, style: Style): string {
  const { source, target, rows, bytes, chunks, parts, columns, lossy, notes, create } = planned;
  const size = `about ${plural(rows, 'row')}, ${bytesText(bytes)}, ${plural(chunks, 'chunk')}${parts > 1 ? `, ${parts} parts` : ''}, ${secondsText(planned.estimateSeconds)}`;
  const lines = [
    `${style.bold(`${terminalText(source)} → ${terminalText(target)}`)}${create === null ? '' : ' (new)'}  ${style.dim(size)}`,
    table(
      [{ title: '  COLUMN' }, { title: 'TYPE' }, { title: 'FROM' }],
      columns.map(({ name, type, from }) => [`  ${name}`, type, from]),
    ),
    ...notes.map((note) => `  ${terminalText(note)}`),
    ...lossy.map(({ column, what, rows: lost }) => {
      const mark =
        lost === 0
          ? style.dim('none lost now')
          : style.warn(lost === null ? 'not counted in time' : `${plural(lost, 'row')} would lose`);
      return `  ${terminalText(column)}: ${what} — ${mark}`;
    }),
  ];
  return lines.join('\n');
}

/** Rows of a plan that would lose something, as far as that was counted. */
export function lossesOf({ tables }: PlanReport): string[] {
  return tables.flatMap(({ source, lossy }) =>
    lossy
      .filter(({ rows }) => rows !== null && rows > 0)
      .map(({ column, what, rows }) => `${source}.${column}: ${countText(rows!)} rows, ${what}`),
  );
}
