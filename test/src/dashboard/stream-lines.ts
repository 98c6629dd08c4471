import {
  RINGS,
  SERIES_NAMES,
  type SeriesName,
  type SourceFigures,
  STREAM_SCHEMA,
  type StreamHistory,
  type StreamState,
  type StreamTick,
} from '../../../src/control/stream.ts';

/** A time that is a whole minute. */
export const T0 = 1_767_225_600_000;

export type Figures = Partial<Record<SeriesName, number>>;

const MIB = 1024 * 1024;

export const STATE: StreamState = {
  instance: 'default',
  version: '0.1.0',
  pid: 4182,
  url: 'http://127.0.0.1:8080',
  startedAt: T0 - 3_600_000,
  state: 'running',
  problems: [],
  engine: { kind: 'embedded', version: '26.7.2.1', state: 'ready', restarts: 0 },
  breaker: 'closed',
  lastFlushError: '',
  strategy: 'hybrid',
  limits: {
    spoolBytesMax: 100 * MIB,
    freeBytesMin: MIB,
    engineMemoryBytesMax: 2_048 * MIB,
    hostMemoryBytes: 8_192 * MIB,
    diskBytes: 100_000 * MIB,
    cores: 8,
    openFilesMax: 1_024,
  },
  diskFullAt: null,
  rejectedByReason: { missing: 3 },
  refusedByReason: {},
};

export function source(name: string, events: number, more: Partial<SourceFigures> = {}): SourceFigures {
  const figures = { bytes: events * 100, rejected: 0, duplicates: 0, p50Ms: 4, p99Ms: 38, lastSeenAt: T0 };
  return { account: 'web', name, events, ...figures, ...more };
}

/** A history with `seconds` of figures that end at `T0`. */
export function history(seconds: number, figures: (second: number) => Figures, state = STATE): StreamHistory {
  const columns = SERIES_NAMES.map((name) =>
    Array.from({ length: seconds }, (_, second) => figures(second)[name] ?? null),
  );
  return {
    type: 'history',
    schema: STREAM_SCHEMA,
    at: T0,
    series: SERIES_NAMES,
    rings: RINGS.map(({ stepSeconds }) =>
      stepSeconds === 1
        ? { stepSeconds, endsAt: T0, values: columns, latency: columns[0]!.map(() => [8, 90, 16, 10]) }
        : { stepSeconds, endsAt: T0, values: SERIES_NAMES.map(() => []), latency: [] },
    ),
    state,
    sources: [],
    tasks: [],
    log: [],
  };
}

/** The tick `second` seconds after the history. */
export function tick(second: number, figures: Figures, more: Partial<StreamTick> = {}): StreamTick {
  return {
    type: 'tick',
    at: T0 + second * 1_000,
    values: SERIES_NAMES.map((name) => figures[name] ?? null),
    latency: [8, 90, 16, 10],
    sources: [source('pageview', 100), source('signup', 5)],
    ...more,
  };
}
