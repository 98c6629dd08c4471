import type { SourceFigures } from '../../control/stream.ts';
import { sparkline } from '../../terminal/charts/sparkline.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import type { PanelContent } from '../../terminal/lines.ts';
import { duration, fullNumber, milliseconds, UNKNOWN } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { wrap } from '../../terminal/wrap.ts';
import { filterOf } from '../input/filter.ts';
import type { SourceSort } from '../input/ui.ts';
import type { Panel, Scene } from '../screen/scene.ts';
import type { Snapshot } from '../store/store.ts';
import { oneSource } from './one-source.ts';
import { labelOf, rejectedShare } from './source-label.ts';

/** Answers slower than this are marked. */
const SLOW_MS = 250;
const NOW_MS = 2_000;
const KILO = { binary: 1_024, decimal: 1_000 } as const;

/** Where events come from: an account and an event name each, of the last second. */
export const sources: Panel = {
  id: 'sources',
  draw: (scene, width, height): PanelContent => {
    const { snapshot, look } = scene;
    const { ui, facts } = snapshot;
    const rows = sourceRows(snapshot);
    const chosen = rows[Math.min(ui.selected, rows.length - 1)];
    if (ui.view === 'ingest' && ui.zoomed && chosen !== undefined) return oneSource(scene, chosen, width, height);
    const order = ui.ascending ? look.mark.up : look.mark.down;
    const filtered = ui.filter === '' ? '' : ` / ${terminalText(ui.filter)}`;
    return {
      title: 'Sources',
      note: `${rows.length} of ${facts.sources.length} ${look.mark.dot} sort ${ui.sort} ${order}${filtered}`,
      lines:
        rows.length === 0
          ? ['', ...wrap(emptyText(scene), width - 1).map((line) => ` ${line}`)]
          : table(columns(scene), rows, {
              width,
              height,
              look,
              sorted: { title: ui.sort, ascending: ui.ascending },
              selected: Math.min(ui.selected, rows.length - 1),
            }),
    };
  },
};

/** The sources that pass the filter, in the chosen order. */
export function sourceRows({ facts, ui }: Snapshot): readonly SourceFigures[] {
  const passes = filterOf(ui.filter);
  const rows = ui.filter === '' ? [...facts.sources] : facts.sources.filter((source) => passes(labelOf(source)));
  const direction = ui.ascending ? -1 : 1;
  return rows.sort((a, b) => direction * compare(a, b, ui.sort) || labelOf(a).localeCompare(labelOf(b)));
}

function compare(a: SourceFigures, b: SourceFigures, sort: SourceSort): number {
  switch (sort) {
    case 'EV/S':
      return b.events - a.events;
    case 'REJ%':
      return rejectedShare(b) - rejectedShare(a);
    case 'P99':
      return (b.p99Ms ?? -1) - (a.p99Ms ?? -1);
    case 'LAST':
      return b.lastSeenAt - a.lastSeenAt;
    case 'SOURCE':
      return labelOf(a).localeCompare(labelOf(b));
  }
}

function columns({ snapshot, look }: Scene): readonly Column<SourceFigures>[] {
  return [
    { title: 'SOURCE', priority: 0, shrinkTo: 12, cell: labelOf },
    { title: 'EV/S', priority: 1, right: true, cell: ({ events }) => fullNumber(events) },
    {
      title: 'KB/S',
      priority: 6,
      right: true,
      cell: ({ bytes: size }) => fullNumber(Math.round(size / KILO[snapshot.ui.byteUnits])),
    },
    { title: 'REJ%', priority: 2, right: true, cell: (source) => (rejectedShare(source) * 100).toFixed(1) },
    { title: 'DUP', priority: 7, right: true, cell: ({ duplicates }) => fullNumber(duplicates) },
    { title: 'P50', priority: 5, right: true, cell: ({ p50Ms }) => amount(p50Ms) },
    {
      title: 'P99',
      priority: 3,
      right: true,
      cell: ({ p99Ms }) => amount(p99Ms) + ((p99Ms ?? 0) > SLOW_MS ? '!' : ' '),
    },
    { title: 'LAST', priority: 8, right: true, cell: ({ lastSeenAt }) => since(snapshot.receivedAt - lastSeenAt) },
    {
      title: 'TREND',
      priority: 4,
      flexible: [8, 40],
      cell: (source, width) => sparkline(snapshot.trends.of(source, width), look.symbols),
    },
  ];
}

function amount(ms: number | null): string {
  return ms === null ? UNKNOWN : ms < 1_000 ? (ms < 10 ? ms.toFixed(1) : String(Math.round(ms))) : milliseconds(ms);
}

function since(ms: number): string {
  return ms < NOW_MS ? 'now' : duration(ms);
}

function emptyText({ snapshot: { facts, ui } }: Scene): string {
  if (facts.sources.length > 0) return `nothing matches ${ui.filter} (Esc clears the filter)`;
  return 'no events in the last second; send one: POST /v1/events';
}
