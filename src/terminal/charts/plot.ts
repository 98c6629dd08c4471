import { ends, toWidth, toWidthRight } from '../lines.ts';
import type { Look } from '../look.ts';
import { duration } from '../numbers.ts';

/** Columns of the labels beside a plot, the axis included. */
export const AXIS_COLUMNS = 7;

/** Lines of a plot with labels on the left (top line first) and the time below. */
export function plot(
  lines: readonly string[],
  labels: readonly string[],
  { width, spanMs, endLabel, look }: { width: number; spanMs: number; endLabel: string; look: Look },
): string[] {
  const body = lines.map(
    (line, index) =>
      look.paint('dim', toWidthRight(labels[index] ?? '', AXIS_COLUMNS - 1) + look.border.axis) +
      toWidth(line, width - AXIS_COLUMNS),
  );
  const start = `-${duration(spanMs)}`;
  const room = width - AXIS_COLUMNS;
  const middle = room > 60 ? `-${duration(spanMs / 2)}` : '';
  const left = toWidth(start, Math.floor(room / 2)) + middle;
  return [...body, ' '.repeat(AXIS_COLUMNS) + look.paint('dim', ends(left, endLabel, room))];
}
