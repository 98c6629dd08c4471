import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { heatMap } from '../../terminal/charts/heat.ts';
import { AXIS_COLUMNS, plot } from '../../terminal/charts/plot.ts';
import { fitting } from '../../terminal/lines.ts';
import { milliseconds } from '../../terminal/numbers.ts';
import { figure, type Panel, type Scene, windowOf } from '../screen/scene.ts';
import { cellsOf, latencyCounts } from '../store/series.ts';
import { endLabel, rateChart } from './throughput.ts';

/** What the title takes beside the percentiles. */
const TITLE_COLUMNS = 21;

/** How long answers took: time by latency, or the percentiles over time. */
export const latency: Panel = {
  id: 'latency',
  draw: (scene, width, height) => {
    const isMap = scene.snapshot.ui.latency === 'map';
    return {
      title: 'Ack latency ms',
      note: percentiles(scene, width - TITLE_COLUMNS),
      lines: isMap ? map(scene, width, height) : lines(scene, width, height),
    };
  },
};

function map(scene: Scene, width: number, height: number): string[] {
  const cells = cellsOf(scene.snapshot.rings, windowOf(scene), Math.max(1, width - AXIS_COLUMNS));
  const heat = heatMap(latencyCounts(cells), LATENCY_BOUNDS_MS, Math.max(1, height - 1), scene.look);
  return plot(heat.lines, heat.labels, { width, spanMs: cells.spanMs, endLabel: endLabel(scene), look: scene.look });
}

function lines(scene: Scene, width: number, height: number): string[] {
  const label = (value: number) => milliseconds(value).replace(' ms', '').replace(' ', '');
  return rateChart(scene, { filled: 'ack_p99_ms', tone: 'warn', overlay: 'ack_p50_ms', width, height, label }).lines;
}

function percentiles(scene: Scene, width: number): string {
  const value = (name: 'ack_p50_ms' | 'ack_p90_ms' | 'ack_p99_ms' | 'ack_p999_ms') =>
    milliseconds(figure(scene, name)).replace(' ms', '');
  const all = [
    `p50 ${value('ack_p50_ms')}`,
    `p99 ${value('ack_p99_ms')}`,
    `p90 ${value('ack_p90_ms')}`,
    `p99.9 ${value('ack_p999_ms')}`,
  ];
  return fitting(all, width, ' ');
}
