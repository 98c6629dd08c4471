import type { MigrationProgress, TableProgress } from '../../control/migration.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import type { Look } from '../../terminal/look.ts';
import { duration, fullNumber, percent, shortNumber } from '../../terminal/numbers.ts';
import { displayWidth, shorten, terminalJson } from '../../terminal/text.ts';
import { table } from '../terminal/table.ts';

const GAUGE_COLUMNS = 16;
/** Tables that are shown at once; the rest is counted. */
const TABLES_MAX = 20;
const JSON_EVERY_MS = 1_000;
const UP = (lines: number) => `\x1b[${lines}A`;
const CLEAR_BELOW = '\x1b[J';

export interface Shown {
  show(progress: MigrationProgress): void;
  /** Leaves what is on the screen and gives the line back. */
  end(): void;
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
  return {
    show(progress) {
      if (progress.phase === saidPhase && now() - saidAt < JSON_EVERY_MS) return;
      saidAt = now();
      saidPhase = progress.phase;
      say(terminalJson({ schema: 'trackflow.migration-progress/1', type: 'progress', ...progress }));
    },
    end() {},
  };
}

/** What is under way first, then what failed, then the rest. */
export function progressLines({ phase, tables }: MigrationProgress, look: Look): string[] {
  const ranked = [...tables].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const rows = ranked.slice(0, TABLES_MAX).map((one) => cells(one, look));
  const titles = ['TABLE', 'STATE', 'VERIFIED', '', 'ROWS', 'ROWS/S', 'MB/S', 'ETA', 'AGAIN', ''];
  const columns = titles.map((title, index) => ({ title, right: index > 3 && index < 9 }));
  const verified = tables.filter(({ state }) => state === 'verified').length;
  const more = tables.length > TABLES_MAX ? `, ${tables.length - TABLES_MAX} not shown` : '';
  return [`${phase}: ${verified} of ${tables.length} tables verified${more}`, ...table(columns, rows).split('\n')];
}

const RANK: Record<TableProgress['state'], number> = {
  copying: 0,
  failed: 1,
  differs: 2,
  copied: 3,
  waiting: 4,
  verified: 5,
};

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
