import type { Style } from '../terminal/style.ts';
import type { MigrateOutcome } from './migrate-command.ts';
import { planScreen } from './plan-report.ts';
import { reportScreen } from './report-screen.ts';

/** The plan where that was asked for, else the report. */
export function outcomeScreen(outcome: MigrateOutcome, style: Style): string {
  return outcome.planned === null ? reportScreen(outcome.report, style) : planScreen(outcome.planned, style);
}
