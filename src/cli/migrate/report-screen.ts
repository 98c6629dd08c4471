import type { MigrationReport, TableReport } from '../../control/migration.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import { bytesText, countText, plural, secondsText } from '../terminal/units.ts';

/** What a migration came to, a line for each table and for whatever is wrong with it. */
export function reportScreen(report: MigrationReport, style: Style): string {
  const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1_000;
  const titles = ['TABLE', 'INTO', 'STATE', 'ROWS', 'SIZE', 'CHUNKS', 'AGAIN'];
  const columns = titles.map((title, index) => ({ title, right: index > 2 }));
  const rows = report.tables.map((one) => [
    one.source,
    one.target,
    one.state,
    countText(one.rows),
    bytesText(one.bytes),
    countText(one.chunks),
    countText(one.chunksRepeated),
  ]);
  const lines = [table(columns, rows), ...report.tables.flatMap((one) => troubles(one, style))];
  if (!report.consistent)
    lines.push(style.warn('no snapshot of the source lasted: tables are verified, but not as of one moment'));
  const good = report.tables.every(({ state }) => state === 'verified');
  const sum = report.tables.reduce((total, one) => total + one.rows, 0);
  const verdict = good ? style.good('verified') : style.bad('not verified');
  lines.push(
    `${verdict}: ${plural(sum, 'row')} of ${plural(report.tables.length, 'table')} in ${secondsText(seconds)}`,
  );
  return lines.join('\n');
}

function troubles({ source, error, changed, differences }: TableReport, style: Style): string[] {
  const name = terminalText(source);
  return [
    ...(error === '' ? [] : [style.bad(`${name}: ${terminalText(error)}`)]),
    ...differences.map(({ range, what }) => style.bad(`${name}, ${terminalText(range)}: ${terminalText(what)}`)),
    ...Object.entries(changed).map(([column, rows]) =>
      style.warn(`${name}.${terminalText(column)}: ${plural(rows, 'value')} changed, as --allow-lossy allows`),
    ),
  ];
}
