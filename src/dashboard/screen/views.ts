import { milliseconds, shortNumber } from '../../terminal/numbers.ts';
import type { Preset, View } from '../input/ui.ts';
import { audiencePanels } from '../panels/audience.ts';
import { engine } from '../panels/engine.ts';
import { events } from '../panels/events.ts';
import { latency } from '../panels/latency.ts';
import { logs } from '../panels/logs.ts';
import { pipeline } from '../panels/pipeline.ts';
import { rejections } from '../panels/rejections.ts';
import { sources } from '../panels/sources.ts';
import { limits } from '../panels/storage/limits.ts';
import { columns, tables } from '../panels/storage/tables.ts';
import { merges, mutations } from '../panels/storage/work.ts';
import { system } from '../panels/system.ts';
import { tasks } from '../panels/tasks.ts';
import { areaPanel, throughput } from '../panels/throughput.ts';
import { bytesText, type Panel } from './scene.ts';

/** Classes of screens, largest first, with the least columns and rows of each. */
export const SIZES = [
  { size: 'full', columns: 160, rows: 45 },
  { size: 'wide', columns: 110, rows: 30 },
  { size: 'medium', columns: 78, rows: 22 },
  { size: 'small', columns: 40, rows: 8 },
  { size: 'line', columns: 0, rows: 0 },
] as const;

export type Size = (typeof SIZES)[number]['size'];

export function sizeOf(columns: number, rows: number): Size {
  return SIZES.find((one) => columns >= one.columns && rows >= one.rows)!.size;
}

/** Panels beside each other; `share` is their part of the width, `lines` or `height` that of the screen. */
export interface Row {
  readonly panels: readonly (readonly [panel: Panel, share: number])[];
  /** Part of the height that is left when the rows with `lines` have theirs. */
  readonly height?: number;
  readonly lines?: number;
}

/** The rows of a view; the order of their panels is that of the focus. Small screens show one panel of it. */
export function rowsOf(view: View, size: Size, preset: Preset): readonly Row[] {
  return view === 'overview' ? overview(size, preset) : VIEW_ROWS[view](size);
}

export function panelsOf(view: View, size: Size, preset: Preset): readonly Panel[] {
  return rowsOf(view, size, preset).flatMap(({ panels }) => panels.map(([one]) => one));
}

const charts: Row = {
  panels: [
    [throughput, 1],
    [latency, 1],
  ],
  height: 4,
};

function overview(size: Size, preset: Preset): readonly Row[] {
  const log: Row = { panels: [[events, 1]], lines: size === 'wide' ? 5 : 3 };
  const rows: readonly Row[] =
    size === 'full'
      ? [
          charts,
          {
            panels: [
              [sources, 2],
              [pipeline, 1],
              [engine, 1],
            ],
            height: 3.4,
          },
          {
            panels: [
              [system, 1],
              [tasks, 1],
              [events, 1],
            ],
            lines: 12,
          },
        ]
      : [
          charts,
          {
            panels: [
              [sources, 5],
              [system, 3.2],
            ],
            height: 3.4,
          },
          log,
        ];
  if (preset === 'charts') return rows.filter((row) => row === charts || row === log);
  return preset === 'tables' ? rows.filter((row) => row !== charts) : rows;
}

const eventsPerMinute = areaPanel(
  'events-per-minute',
  'Events per minute',
  { filled: 'accepted', tone: 'accepted', label: perMinute },
  'cells',
);
const liveVisitors = areaPanel('live-visitors', 'Live visitors (5 min)', { filled: 'live_visitors', tone: 'good' });
const received = areaPanel('received', 'Received bytes/s', {
  filled: 'received_bytes',
  tone: 'accepted',
  label: (value, scene) => bytesText(scene, value),
});
const answers = areaPanel('answers', 'Answers/s  2xx filled, 4xx points', {
  filled: 'requests_2xx',
  tone: 'good',
  overlay: 'requests_4xx',
});
const waitingRows = areaPanel('waiting', 'Events waiting in the spool', { filled: 'spool_rows', tone: 'warn' });
const parts = areaPanel('parts', 'Active parts', { filled: 'engine_parts', tone: 'accent' });
const insertTime = areaPanel('insert-time', 'Insert time', {
  filled: 'insert_ms',
  tone: 'accent',
  label: milliseconds,
});

const VIEW_ROWS: Readonly<Record<Exclude<View, 'overview'>, (size: Size) => readonly Row[]>> = {
  ingest: (size) => [
    {
      panels: [
        [sources, 5],
        [rejections, 3],
      ],
      height: 3,
    },
    {
      panels:
        size === 'full'
          ? [
              [received, 1],
              [answers, 1],
              [latency, 1],
            ]
          : [
              [size === 'medium' ? pipeline : received, 1],
              [answers, 1],
            ],
      height: 2,
    },
  ],
  storage,
  tasks: () => [{ panels: [[tasks, 1]], height: 1 }],
  logs: () => [{ panels: [[logs, 1]], height: 1 }],
  visitors: (size) => {
    const { path, referrer_host, country, device, utm_campaign } = audiencePanels;
    const charts: Row = {
      panels: [
        [eventsPerMinute, 1],
        [liveVisitors, 1],
      ],
      height: 2,
    };
    const pages: Row = {
      panels: [
        [path, 1],
        [referrer_host, 1],
      ],
      height: 3,
    };
    const places: Row = {
      panels: [
        [country, 1],
        [device, 1],
        [utm_campaign, 1],
      ],
      height: 2,
    };
    const isShort = size === 'medium' || size === 'small' || size === 'line';
    return isShort ? [pages, places] : [charts, pages, places];
  },
};

/** Figures first; charts only where there is room for both. Small screens show one panel at a time. */
function storage(size: Size): readonly Row[] {
  const state: Row = {
    panels: [
      [limits, 1],
      [tables, size === 'full' ? 2 : 1],
    ],
    lines: size === 'full' ? 10 : 9,
  };
  const work: Row = {
    panels: [
      [merges, 1],
      [mutations, 1],
    ],
    height: 2,
  };
  const charts: Row = { panels: [waitingRows, parts, insertTime].map((one) => [one, 1] as const), height: 3 };
  switch (size) {
    case 'full':
      return [
        charts,
        state,
        { ...work, lines: 8 },
        { panels: [columns, engine, pipeline].map((one) => [one, 1] as const), lines: 14 },
      ];
    case 'wide':
      return [state, work, { panels: [columns, engine, pipeline].map((one) => [one, 1] as const), lines: 12 }];
    case 'medium':
      return [state, { ...work, lines: 5 }, { panels: [columns, engine].map((one) => [one, 1] as const), height: 1 }];
    default:
      return [state, work, { panels: [columns, engine, pipeline].map((one) => [one, 1] as const) }, charts];
  }
}

function perMinute(perSecond: number): string {
  return shortNumber(perSecond * 60);
}
