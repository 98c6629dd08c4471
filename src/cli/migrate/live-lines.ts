import {
  type MigrationProgress,
  type MigrationReport,
  TABLES_SHOWN_MAX,
  type TableProgress,
} from '../../control/migration.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import { lagText } from '../../terminal/lag.ts';
import type { Look } from '../../terminal/look.ts';
import { duration, fullNumber, percent, shortNumber } from '../../terminal/numbers.ts';
import { displayWidth, shorten, terminalJson } from '../../terminal/text.ts';
import { table } from '../terminal/table.ts';

const GAUGE_COLUMNS = 16;
/** Tables that fit on a screen; the rest is counted. */
const TABLES_MAX = 20;
const JSON_EVERY_MS = 1_000;
const UP = (lines: number) => `\x1b[${lines}A`;
const CLEAR_BELOW = '\x1b[J';

export interface Shown {
  show(progress: MigrationProgress): void;
  /** Gives the line back; `report` where there is one. */
  end(report: MigrationReport | null): void;
}

/** The tables of a migration on a terminal, drawn over themselves. */
export function liveTable(stream: NodeJS.WriteStream, look: Look): Shown {
  let drawn = 0;
  return {
    show(progress) {
      const width = stream.columns;
      const lines = progressLines(progress, look).map((line) =>
        displayWidth(line) > width ? shorten(line, width) : line,
      );
      stream.write(`${drawn > 0 ? UP(drawn) : ''}${CLEAR_BELOW}${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    end() {
      drawn = 0;
    },
  };
}

/** A line of JSON a second, where nobody looks on. */
export function jsonLines(say: (line: string) => void, now: () => number): Shown {
  let saidAt = Number.NEGATIVE_INFINITY;
  let saidPhase = '';
  const line = (progress: MigrationProgress) =>
    say(terminalJson({ schema: 'trackflow.migration-progress/1', type: 'progress', ...progress }));
  return {
    show(progress) {
      if (progress.phase === saidPhase && now() - saidAt < JSON_EVERY_MS) return;
      saidAt = now();
      saidPhase = progress.phase;
      line(progress);
    },
    end(report) {
      if (report === null) return;
      const tablesVerified = report.tables.filter(({ state }) => state === 'verified').length;
      const tables = report.tables.slice(0, TABLES_SHOWN_MAX);
      line({
        kind: 'migration',
        phase: 'done',
        tables,
        tablesTotal: report.tables.length,
        tablesVerified,
        lagRows: null,
        lag: null,
      });
    },
  };
}

export function progressLines(
  { phase, tables, tablesTotal, tablesVerified, lagRows, lag }: MigrationProgress,
  look: Look,
): string[] {
  const titles = ['TABLE', 'STATE', 'VERIFIED', '', 'ROWS', 'ROWS/S', 'MB/S', 'ETA', 'AGAIN', ''];
  const columns = titles.map((title, index) => ({ title, right: index > 3 && index < 9 }));
  const rows = tables.slice(0, TABLES_MAX).map((one) => cells(one, look));
  const more = tablesTotal > rows.length ? `, ${tablesTotal - rows.length} not shown` : '';
  const behind = lagText(lagRows, lag);
  const head = `${phase}: ${tablesVerified} of ${tablesTotal} tables verified${more}${behind === '' ? '' : `, ${behind}`}`;
  return [head, ...table(columns, rows).split('\n')];
}

function cells(one: TableProgress, look: Look): string[] {
  const share = one.rowsTotal === 0 ? (one.state === 'verified' ? 1 : 0) : one.rows / one.rowsTotal;
  const isMoving = one.rowsPerSecond > 0;
  return [
    one.target,
    one.state,
    gauge(share, GAUGE_COLUMNS, look),
    percent(share),
    fullNumber(one.rows),
    isMoving ? shortNumber(one.rowsPerSecond) : '',
    isMoving ? (one.bytesPerSecond / 1e6).toFixed(1) : '',
    isMoving && one.etaSeconds !== null ? duration(one.etaSeconds * 1_000) : '',
    one.chunksRepeated > 0 ? fullNumber(one.chunksRepeated) : '',
    one.error,
  ];
}
