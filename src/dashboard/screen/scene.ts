import type { SeriesName } from '../../control/stream.ts';
import { area, valuesPerColumn } from '../../terminal/charts/area.ts';
import { type Axes, peak } from '../../terminal/charts/axis.ts';
import { sparkline } from '../../terminal/charts/sparkline.ts';
import type { Block, PanelContent } from '../../terminal/lines.ts';
import { panel, toWidth } from '../../terminal/lines.ts';
import type { Look, Tone } from '../../terminal/look.ts';
import { bytes } from '../../terminal/numbers.ts';
import { cellsOf, peakOf, seriesValues, type TimeWindow, valueAt } from '../store/series.ts';
import type { Snapshot } from '../store/store.ts';

/** Everything that one frame is drawn from. */
export interface Scene {
  readonly snapshot: Snapshot;
  readonly look: Look;
  readonly axes: Axes;
  /** How to start what is missing, as it can be typed here. */
  readonly startCommand: string;
  /** Of this program; a daemon of another one is told apart. */
  readonly version: string;
}

/** A part of a view that can have the focus and the whole screen. */
export interface Panel {
  readonly id: string;
  draw(scene: Scene, width: number, height: number): PanelContent;
}

export function windowOf({ snapshot: { viewAt, ui } }: Scene): TimeWindow {
  return { endsAt: viewAt, lengthMs: ui.windowMs };
}

/** The figure of a series at the end of the window; null when it is not known. */
export function figure({ snapshot: { rings, viewAt } }: Scene, name: SeriesName): number | null {
  return valueAt(rings, name, viewAt);
}

export function peakFigure(scene: Scene, name: SeriesName): number | null {
  return peakOf(scene.snapshot.rings, name, windowOf(scene));
}

/** A size in the units that the person chose. */
export function bytesText({ snapshot: { ui } }: Scene, value: number | null): string {
  return bytes(value, ui.byteUnits);
}

/** A sparkline of the window, `width` characters. */
export function trend(scene: Scene, name: SeriesName, width: number, tone: Tone): string {
  if (width <= 0) return '';
  const values = seriesValues(name, cellsOf(scene.snapshot.rings, windowOf(scene), width));
  return scene.look.paint(tone, sparkline(values, scene.look.symbols));
}

/** Charts of the window, each with its name before it, all of them in `height` lines: one is as many lines as there is room for. */
export function charts(
  scene: Scene,
  list: readonly { readonly name: string; readonly series: SeriesName; readonly tone: Tone }[],
  { nameColumns, width, height }: { nameColumns: number; width: number; height: number },
): string[] {
  const { look, snapshot } = scene;
  const columns = Math.max(0, Math.min(CHART_COLUMNS_MAX, width - nameColumns - 1));
  const rows = Math.min(CHART_ROWS_MAX, Math.max(1, Math.floor(height / list.length)));
  return list.flatMap(({ name, series, tone }) => {
    const shown = look.paint('dim', toWidth(name, nameColumns));
    if (rows === 1 || columns === 0) return [shown + trend(scene, series, columns, tone)];
    const values = seriesValues(series, cellsOf(snapshot.rings, windowOf(scene), columns * valuesPerColumn(look)));
    const lines = area({ values, tone, height: rows, max: peak(values), look });
    return lines.map((line, row) => (row === 0 ? shown : ' '.repeat(nameColumns)) + line);
  });
}

const CHART_COLUMNS_MAX = 60;
const CHART_ROWS_MAX = 4;

/** Draws a panel in its frame; `index` is its place in the view, for the focus. */
export function drawPanel(scene: Scene, one: Panel, index: number, width: number, height: number): Block {
  const content = one.draw(scene, width - 2, height - 2);
  const focused = scene.snapshot.ui.focus === index && !scene.snapshot.ui.zoomed;
  return panel({ ...content, focused }, width, height, scene.look);
}
