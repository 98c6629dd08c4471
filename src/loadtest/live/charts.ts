import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { area, valuesPerColumn } from '../../terminal/charts/area.ts';
import { peak } from '../../terminal/charts/axis.ts';
import { heatMap } from '../../terminal/charts/heat.ts';
import { AXIS_COLUMNS, plot } from '../../terminal/charts/plot.ts';
import type { PanelContent } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { milliseconds, shortNumber } from '../../terminal/numbers.ts';
import type { LiveSecond } from './live-figures.ts';
import {
  boundText,
  cellValues,
  type LiveScene,
  latencyCounts,
  liveCells,
  nowSeconds,
  percentileBound,
} from './scene.ts';

/** Events a second: what was answered 202, with what was due as points above it. */
export function throughputPanel(scene: LiveScene, width: number, height: number): PanelContent {
  const { look } = scene;
  const note = `${look.paint('stored', look.gauge[0])} acknowledged  ${look.paint('accepted', point(scene))} offered`;
  const lines = lineChart(
    scene,
    {
      name: 'events',
      filled: ({ figures }) => figures.acknowledged,
      overlay: ({ figures }) => figures.scheduled,
      tone: 'stored',
      of: 'mean',
      label: shortNumber,
    },
    width,
    height,
  );
  return { title: 'Events/s', note, lines };
}

/** Latency from the intended start: time by latency, or the percentiles of each second. */
export function latencyPanel(scene: LiveScene, width: number, height: number): PanelContent {
  const { snapshot, look } = scene;
  const counts = latencyCounts(nowSeconds(snapshot));
  const bound = (share: number) => boundText(percentileBound(counts, share, LATENCY_BOUNDS_MS), look);
  const title = snapshot.plan.model === 'open' ? 'Latency ms' : 'Service ms';
  const note = `p50 ${bound(0.5)}  p99 ${bound(0.99)}`;
  const lines = snapshot.ui.latency === 'map' ? map(scene, width, height) : percentiles(scene, width, height);
  return { title, note, lines };
}

function map(scene: LiveScene, width: number, height: number): string[] {
  const { cells, spanMs } = liveCells(scene.snapshot, Math.max(1, width - AXIS_COLUMNS));
  const heat = heatMap(cells.map(latencyCounts), LATENCY_BOUNDS_MS, Math.max(1, height - 1), scene.look);
  return plot(heat.lines, heat.labels, { width, spanMs, endLabel: 'now', look: scene.look });
}

function percentiles(scene: LiveScene, width: number, height: number): string[] {
  const chart = {
    name: 'latency',
    filled: ({ figures }: LiveSecond) => figures.p99,
    overlay: ({ figures }: LiveSecond) => figures.p50,
    tone: 'warn',
    of: 'max',
    label: shortMs,
  } as const;
  return lineChart(scene, chart, width, height);
}

/** Events that wait in the spool to be stored. */
export function queuePanel(scene: LiveScene, width: number, height: number): PanelContent {
  const filled = ({ figures }: LiveSecond) => figures.queueRows;
  const chart = { name: 'queue', filled, tone: 'accent', of: 'max', label: shortNumber } as const;
  return { title: 'Queue', note: 'events', lines: lineChart(scene, chart, width, height) };
}

/** From acknowledgement to queryable row. */
export function lagPanel(scene: LiveScene, width: number, height: number): PanelContent {
  const filled = ({ figures }: LiveSecond) => figures.lagMs;
  const chart = { name: 'lag', filled, tone: 'accent', of: 'max', label: shortMs } as const;
  return { title: 'Lag ms', lines: lineChart(scene, chart, width, height) };
}

function shortMs(ms: number): string {
  return milliseconds(ms).replace(' ms', '').replace(' ', '');
}

interface LineChart {
  /** Of the axis, which remembers its end. */
  readonly name: string;
  readonly filled: (second: LiveSecond) => number | null;
  readonly overlay?: (second: LiveSecond) => number | null;
  readonly tone: Tone;
  readonly of: 'mean' | 'max';
  readonly label: (value: number) => string;
}

function lineChart(scene: LiveScene, chart: LineChart, width: number, height: number): string[] {
  const { look, snapshot, axes } = scene;
  const columns = Math.max(1, width - AXIS_COLUMNS);
  const rows = Math.max(1, height - 1);
  const perColumn = valuesPerColumn(look);
  const fine = liveCells(snapshot, columns * perColumn);
  const values = cellValues(fine, chart.filled, chart.of);
  const points = chart.overlay ?? (() => null);
  const overlay = cellValues(perColumn === 1 ? fine : coarser(fine, perColumn), points, chart.of);
  const max = axes.end(`${chart.name} ${rows}`, Math.max(peak(values), peak(overlay)));
  const lines = area({ values, tone: chart.tone, overlay, overlayTone: 'accepted', height: rows, max, look });
  const labels = Array.from({ length: rows }, (_, row) => (row === 0 ? chart.label(max) : ''));
  if (rows > 1) labels[rows - 1] = '0';
  if (rows > 6) labels[Math.floor(rows / 2)] = chart.label(max * (1 - Math.floor(rows / 2) / rows));
  return plot(lines, labels, { width, spanMs: fine.spanMs, endLabel: 'now', look });
}

function coarser({ cells, spanMs }: ReturnType<typeof liveCells>, by: number): ReturnType<typeof liveCells> {
  const columns = Array.from({ length: cells.length / by }, (_, column) =>
    cells.slice(column * by, (column + 1) * by).flat(),
  );
  return { cells: columns, spanMs };
}

function point({ look }: LiveScene): string {
  return look.symbols === 'ascii' ? "'" : look.mark.dot;
}
