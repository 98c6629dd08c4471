import type { SourceFigures } from '../../control/stream.ts';
import { area, valuesPerColumn } from '../../terminal/charts/area.ts';
import { peak } from '../../terminal/charts/axis.ts';
import { AXIS_COLUMNS, plot } from '../../terminal/charts/plot.ts';
import type { PanelContent } from '../../terminal/lines.ts';
import { clock, fullNumber, milliseconds, percent, shortNumber } from '../../terminal/numbers.ts';
import { bytesText, type Scene } from '../screen/scene.ts';
import { labelOf, rejectedShare } from './source-label.ts';

/** Lines above the chart. */
const FIGURE_LINES = 5;

/** One source on the whole screen: its figures, and its events over the seconds that the dashboard has seen. */
export function oneSource(scene: Scene, source: SourceFigures, width: number, height: number): PanelContent {
  const { look, snapshot, axes } = scene;
  const { events, duplicates, rejected, p50Ms, p99Ms, lastSeenAt, bytes: size } = source;
  const figures = [
    '',
    ` ${fullNumber(events)}/s  ${bytesText(scene, size)}/s  duplicates ${fullNumber(duplicates)}/s`,
    ` rejected ${fullNumber(rejected)}/s (${percent(rejectedShare(source))})`,
    ` answers p50 ${milliseconds(p50Ms)}  p99 ${milliseconds(p99Ms)}  last event ${clock(lastSeenAt)}`,
    '',
  ];
  const rows = Math.max(1, height - FIGURE_LINES - 1);
  const cells = Math.max(1, width - AXIS_COLUMNS) * valuesPerColumn(look);
  const known = snapshot.trends.of(source, cells);
  const values = [...Array<number>(cells - known.length).fill(Number.NaN), ...known];
  const max = axes.end(`source ${rows}`, peak(values));
  const lines = area({ values, tone: 'accepted', height: rows, max, logarithmic: snapshot.ui.logarithmic, look });
  const labels = lines.map((_, row) => (row === 0 ? shortNumber(max) : row === rows - 1 ? '0' : ''));
  const chart = plot(lines, labels, { width, spanMs: cells * SECOND_MS, endLabel: 'now', look });
  return { title: labelOf(source), note: 'up and down: the next source', lines: [...figures, ...chart] };
}

const SECOND_MS = 1_000;
