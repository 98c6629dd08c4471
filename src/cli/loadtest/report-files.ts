import { reportHtml } from '../../loadtest/report/html.ts';
import type { Report } from '../../loadtest/report/report.ts';
import { reportText } from '../../loadtest/report/text.ts';
import type { RunResult } from '../../loadtest/run/run.ts';
import type { ReportFiles } from '../../loadtest/run/run-folder.ts';
import { lookOf } from '../../terminal/look.ts';
import { type Drawn, PLAIN_WIDTH } from './drawn.ts';

/** The drawn forms of a report that are kept beside it. */
export function reportFiles({ report, latency }: RunResult): ReportFiles {
  return {
    text: reportText(report, { width: PLAIN_WIDTH, look: lookOf('block', false) }),
    html: reportHtml(report),
    latency,
  };
}

/** The report for stdout: as wide as the terminal, or as a file. */
export function reportScreen(report: Report, { look, columns }: Drawn): string {
  return reportText(report, { width: columns ?? PLAIN_WIDTH, look });
}
