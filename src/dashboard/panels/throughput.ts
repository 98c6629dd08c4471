import type { SeriesName } from '../../control/stream.ts';
import { area, valuesPerColumn } from '../../terminal/charts/area.ts';
import { peak } from '../../terminal/charts/axis.ts';
import { AXIS_COLUMNS, plot } from '../../terminal/charts/plot.ts';
import type { PanelContent } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { clock, shortNumber } from '../../terminal/numbers.ts';
import { type Panel, peakFigure, type Scene, windowOf } from '../screen/scene.ts';
import { cellsOf, seriesValues } from '../store/series.ts';

export const throughput: Panel = {
  id: 'throughput',
  draw: (scene, width, height) => {
    const { look } = scene;
    const legend = `${look.paint('stored', look.gauge[0])} stored  ${look.paint('accepted', look.mark.dot)} accepted`;
    const chart = rateChart(scene, { filled: 'stored', tone: 'stored', overlay: 'accepted', width, height });
    const max = shortNumber(peakFigure(scene, 'accepted'));
    return { title: 'Events/s', note: `${legend}  max ${max}`, lines: chart.lines };
  },
};

export interface RateChart {
  readonly filled: SeriesName;
  readonly tone: Tone;
  readonly overlay?: SeriesName;
  readonly width: number;
  readonly height: number;
  /** How a value is written on the axis. */
  readonly label?: (value: number, scene: Scene) => string;
}

/** An area over the window with its axes, and the largest value in it. */
export function rateChart(scene: Scene, chart: RateChart): { lines: string[]; peak: number } {
  const { look, axes, snapshot } = scene;
  const { width, height, label = shortNumber } = chart;
  const columns = Math.max(1, width - AXIS_COLUMNS);
  const rows = Math.max(1, height - 1);
  const window = windowOf(scene);
  const perColumn = valuesPerColumn(look);
  const cells = cellsOf(snapshot.rings, window, columns * perColumn);
  const values = seriesValues(chart.filled, cells);
  const overlay =
    chart.overlay && seriesValues(chart.overlay, perColumn === 1 ? cells : cellsOf(snapshot.rings, window, columns));
  const top = Math.max(peak(values), peak(overlay ?? []));
  const max = axes.end(`${chart.filled} ${rows}`, top);
  const lines = area({
    values,
    tone: chart.tone,
    ...(overlay && { overlay, overlayTone: 'accepted' as const }),
    height: rows,
    max,
    logarithmic: snapshot.ui.logarithmic,
    look,
  });
  const labels = axisLabels(max, rows, snapshot.ui.logarithmic, (value) => label(value, scene));
  return { lines: plot(lines, labels, { width, spanMs: cells.spanMs, endLabel: endLabel(scene), look }), peak: top };
}

/** What stands at the right end of a time axis. */
export function endLabel({ snapshot: { ui, connection, viewAt } }: Scene): string {
  if (ui.pausedAt !== null) return 'paused';
  return ui.seekMs > 0 || connection.kind !== 'live' ? clock(viewAt) : 'now';
}

function axisLabels(max: number, rows: number, logarithmic: boolean, label: (value: number) => string): string[] {
  const labels = Array.from({ length: rows }, () => '');
  labels[0] = label(max);
  if (rows > 1) labels[rows - 1] = '0';
  const middle = Math.floor(rows / 2);
  if (rows > 6) labels[middle] = label(logarithmic ? (1 + max) ** (1 - middle / rows) - 1 : max * (1 - middle / rows));
  return labels;
}

/**
 * A panel that is one area chart. Its `max` is the largest second of the window, also where a cell of the chart is the mean
 * of several; with `maxOf` cells it is the highest cell, for what is told per minute.
 */
export function areaPanel(
  id: string,
  title: string,
  chart: Omit<RateChart, 'width' | 'height'>,
  maxOf: 'seconds' | 'cells' = 'seconds',
): Panel {
  return {
    id,
    draw: (scene, width, height): PanelContent => {
      const { lines, peak: highest } = rateChart(scene, { ...chart, width, height });
      const top = maxOf === 'cells' ? highest : largestSecond(scene, chart);
      return { title, note: `max ${(chart.label ?? shortNumber)(top, scene)}`, lines };
    },
  };
}

/** NaN where nothing is known. */
function largestSecond(scene: Scene, { filled, overlay }: Pick<RateChart, 'filled' | 'overlay'>): number {
  const peaks = [filled, overlay].flatMap((name) => (name === undefined ? [] : (peakFigure(scene, name) ?? [])));
  return peaks.length === 0 ? Number.NaN : Math.max(...peaks);
}
