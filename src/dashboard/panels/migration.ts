import type { MigrationProgress, TableProgress } from '../../control/migration.ts';
import type { TaskFigures } from '../../control/stream.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import { lagText } from '../../terminal/lag.ts';
import type { Look } from '../../terminal/look.ts';
import { duration, fullNumber, percent, shortNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';

const GAUGE_COLUMNS = 10;
const TONES = {
  waiting: 'dim',
  copying: 'accent',
  copied: 'accent',
  verified: 'good',
  differs: 'bad',
  failed: 'bad',
} as const;
/** The migration that runs, if one does. */
export function runningMigration(tasks: readonly TaskFigures[]): MigrationProgress | null {
  const details = tasks.map(({ detail }) => detail as MigrationProgress | null | undefined);
  return details.find((detail) => detail?.kind === 'migration') ?? null;
}

/** Its tables, at most `height` lines. */
export function migrationLines(progress: MigrationProgress, look: Look, width: number, height: number): string[] {
  const behind = lagText(progress.lagRows, progress.lag);
  const lag = behind === '' ? '' : `, ${behind}`;
  const { phase, tablesVerified, tablesTotal } = progress;
  const title = look.paint('dim', ` migration ${phase}: ${tablesVerified} of ${tablesTotal} tables verified${lag}`);
  return [title, ...table(columns(look), progress.tables, { width, height: Math.max(height - 1, 0), look })].slice(
    0,
    height,
  );
}

function columns(look: Look): readonly Column<TableProgress>[] {
  const moving = (one: TableProgress, text: string) => (one.rowsPerSecond > 0 ? text : '');
  return [
    { title: 'TABLE', priority: 0, shrinkTo: 10, cell: ({ target }) => terminalText(target) },
    { title: 'STATE', priority: 1, cell: ({ state }) => look.paint(TONES[state], state) },
    {
      title: 'VERIFIED',
      priority: 2,
      cell: (one) => `${gauge(shareOf(one), GAUGE_COLUMNS, look)} ${percent(shareOf(one))}`,
    },
    { title: 'ROWS', priority: 3, right: true, cell: ({ rows }) => shortNumber(rows) },
    { title: 'ROWS/S', priority: 4, right: true, cell: (one) => moving(one, shortNumber(one.rowsPerSecond)) },
    { title: 'MB/S', priority: 5, right: true, cell: (one) => moving(one, (one.bytesPerSecond / 1e6).toFixed(1)) },
    {
      title: 'ETA',
      priority: 4,
      right: true,
      cell: (one) => (one.etaSeconds === null ? '' : moving(one, duration(one.etaSeconds * 1_000))),
    },
    {
      title: 'AGAIN',
      priority: 6,
      right: true,
      cell: ({ chunksRepeated }) => (chunksRepeated > 0 ? fullNumber(chunksRepeated) : ''),
    },
    { title: 'ERROR', priority: 7, shrinkTo: 12, cell: ({ error }) => look.paint('bad', terminalText(error)) },
  ];
}

function shareOf({ rows, rowsTotal, state }: TableProgress): number {
  return rowsTotal === 0 ? Number(state === 'verified') : rows / rowsTotal;
}
