import type { StorageReport } from '../../control/storage.ts';
import type { SeriesName, SourceFigures, StreamLine, StreamState, TaskFigures } from '../../control/stream.ts';
import { SERIES_NAMES } from '../../control/stream.ts';
import { table } from '../../terminal/charts/table.ts';
import { toWidth } from '../../terminal/lines.ts';
import { lookOf } from '../../terminal/look.ts';
import { bytes, clock, duration, fullNumber, milliseconds, percent } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { labelOf, rejectedShare } from '../panels/source-label.ts';
import type { Source } from '../store/feed.ts';
import { valueAt } from '../store/series.ts';
import { DashStore, type Snapshot } from '../store/store.ts';

/** The dashboard as one document: `trackflow dash --json`, one a line with `--watch`. */
export interface DashDocument {
  readonly schema: 'trackflow.dash/1';
  readonly at: string;
  readonly state: StreamState;
  /** By the names of `SERIES`; null where a figure is not known. */
  readonly figures: Readonly<Record<SeriesName, number | null>>;
  readonly sources: readonly SourceFigures[];
  readonly tasks: readonly TaskFigures[];
  /** Null from a daemon that does not tell; its `figures` are null before the first answer of ClickHouse. */
  readonly storage: StorageReport | null;
}

/** Documents as the daemon sends its seconds, the first as soon as there is one. Ends with the source; throws as it does. */
export async function* documents(source: Source, signal: AbortSignal): AsyncGenerator<DashDocument> {
  const store = new DashStore();
  for await (const line of source(signal)) {
    store.receive(line);
    if (isComplete(line, store.getSnapshot())) yield documentOf(store.getSnapshot());
  }
}

/** The figures of sources come with ticks. */
function isComplete(line: StreamLine, { facts }: Snapshot): boolean {
  return line.type === 'tick' && facts.state !== null;
}

export function documentOf({ facts, rings, viewAt }: Snapshot): DashDocument {
  const figures = Object.fromEntries(SERIES_NAMES.map((name) => [name, valueAt(rings, name, viewAt)]));
  return {
    schema: 'trackflow.dash/1',
    at: new Date(viewAt).toISOString(),
    state: facts.state!,
    figures: figures as DashDocument['figures'],
    sources: facts.sources,
    tasks: facts.tasks,
    storage: facts.storage,
  };
}

const NAME_COLUMNS = 12;
const SOURCES_MAX = 20;
const TABLE_COLUMNS = 100;

/** A document as a person reads it where no screen can be drawn. */
export function snapshotText({ at, state, figures, sources, tasks }: DashDocument): string {
  const look = lookOf('ascii', false);
  const row = (name: string, text: string) => `${toWidth(name, NAME_COLUMNS)}${text}`;
  const verdict = state.problems.length > 0 ? `degraded: ${state.problems.join('; ')}` : state.state;
  const up = duration(Date.parse(at) - state.startedAt);
  const { limits } = state;
  const lines = [
    row('instance', `${state.instance}  ${verdict}  pid ${state.pid}  up ${up}  ${state.url}`),
    row('accepted', `${fullNumber(figures.accepted)}/s  ${bytes(figures.received_bytes)}/s`),
    row('stored', `${fullNumber(figures.stored)}/s  lag ${milliseconds(figures.lag_ms)}`),
    row('turned away', `rejected ${fullNumber(figures.rejected)}/s  refused ${fullNumber(figures.refused)}/s`),
    row('answers', `p50 ${milliseconds(figures.ack_p50_ms)}  p99 ${milliseconds(figures.ack_p99_ms)}`),
    row(
      'spool',
      `${fullNumber(figures.spool_rows)} events  ${percent((figures.spool_bytes ?? 0) / limits.spoolBytesMax)} of bytes`,
    ),
    row(
      'clickhouse',
      `${state.engine.state}  parts ${fullNumber(figures.engine_parts)}  ${fullNumber(figures.table_rows)} rows`,
    ),
    ...containerTexts(state, figures).map((text) => row('container', text)),
    row('daemon', `cpu ${percent(figures.daemon_cpu)}  rss ${bytes(figures.daemon_rss_bytes)}`),
    row('disk', `${bytes(figures.disk_free_bytes)} free`),
    row('visitors', `${fullNumber(figures.live_visitors)} live`),
    row(
      'tasks',
      tasks
        .filter(({ state: one }) => one === 'running' || one === 'failed')
        .map((task) => `${task.kind} ${task.state}`)
        .join(', ') || 'none running',
    ),
  ].map(terminalText);
  if (sources.length === 0) return lines.join('\n');
  const columns = [
    { title: 'SOURCE', priority: 0, shrinkTo: 12, cell: labelOf },
    { title: 'EV/S', priority: 1, right: true, cell: ({ events }: SourceFigures) => fullNumber(events) },
    { title: 'REJ%', priority: 2, right: true, cell: (one: SourceFigures) => (rejectedShare(one) * 100).toFixed(1) },
    { title: 'P99', priority: 3, right: true, cell: ({ p99Ms }: SourceFigures) => milliseconds(p99Ms) },
  ];
  const options = { width: TABLE_COLUMNS, height: SOURCES_MAX + 1, look };
  return [...lines, '', ...table(columns, sources, options).map((line) => line.trimEnd())].join('\n');
}

/** One document on one line, for `--watch` without `--json`. */
export function watchLine({ at, figures }: DashDocument): string {
  return [
    clock(Date.parse(at)),
    `accepted ${fullNumber(figures.accepted)}/s`,
    `stored ${fullNumber(figures.stored)}/s`,
    `rejected ${fullNumber((figures.rejected ?? 0) + (figures.refused ?? 0))}/s`,
    `lag ${milliseconds(figures.lag_ms)}`,
    `spool ${fullNumber(figures.spool_rows)}`,
    `p99 ${milliseconds(figures.ack_p99_ms)}`,
  ].join('  ');
}

/** Of an engine in a container; none for other kinds. */
function containerTexts({ engine }: StreamState, figures: DashDocument['figures']): string[] {
  const { container = null, restarts } = engine;
  if (container === null) return [];
  const memory = `${bytes(figures.engine_rss_bytes)} of ${bytes(container.memoryBytesMax)}`;
  const state = container.health === 'none' ? container.status : container.health;
  return [`${state}  ${memory}  cpu ${percent(figures.engine_cpu)}  ${restarts} restarts  ${container.name}`];
}
