import { SERIES_NAMES } from '../../control/stream.ts';
import { stripColours } from '../../terminal/lines.ts';
import { cellsOf, cellValues } from '../store/series.ts';
import type { Snapshot } from '../store/store.ts';
import { type DashDocument, documentOf } from './snapshot.ts';

/** What `e` writes: the figures, the numbers of the window, and the screen as text. */
export interface ExportDocument extends Omit<DashDocument, 'schema'> {
  readonly schema: 'trackflow.dash-export/1';
  readonly view: string;
  readonly window: { readonly endsAt: string; readonly stepSeconds: number };
  /** Per series oldest first; null is a gap. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  readonly log: Snapshot['facts']['log'];
  readonly screen: readonly string[];
}

/** Points of a series in an export. */
const POINTS_MAX = 1_440;

export function exportDocument(snapshot: Snapshot, frame: readonly string[]): ExportDocument {
  const { ui, viewAt, rings, facts } = snapshot;
  const cells = cellsOf(rings, { endsAt: viewAt, lengthMs: ui.windowMs }, POINTS_MAX);
  const series = SERIES_NAMES.map((name) => [
    name,
    cellValues(name, cells).map((value) => (Number.isNaN(value) ? null : value)),
  ]);
  return {
    ...documentOf(snapshot),
    schema: 'trackflow.dash-export/1',
    view: ui.view,
    window: { endsAt: new Date(viewAt).toISOString(), stepSeconds: (cells.slotsPerCell * cells.ring.stepMs) / 1_000 },
    series: Object.fromEntries(series),
    log: facts.log,
    screen: frame.map((line) => stripColours(line).trimEnd()),
  };
}
