import type { ByteUnits } from '../../terminal/numbers.ts';
import { WINDOWS_MS } from '../store/series.ts';

export const VIEWS = ['overview', 'ingest', 'storage', 'tasks', 'logs', 'visitors'] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  ingest: 'Ingest',
  storage: 'Storage',
  tasks: 'Tasks',
  logs: 'Logs',
  visitors: 'Visitors',
};

/** Which parts of the Overview get the room. */
export const PRESETS = ['all', 'charts', 'tables'] as const;
export type Preset = (typeof PRESETS)[number];

export const SOURCE_SORTS = ['EV/S', 'REJ%', 'P99', 'LAST', 'SOURCE'] as const;
export type SourceSort = (typeof SOURCE_SORTS)[number];

/** The daemon tells its figures once a second: below that only the clock and the ages move in between. */
export const REFRESHES_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
export const LEVELS = ['warn', 'error'] as const;
/** Least levels of the view of the whole log; `all` is what the daemon's log takes. */
export const LOG_LEVELS = ['all', 'warn', 'error'] as const;

/** What may be done to a task, once the person has typed that it is meant. */
export interface TaskAction {
  readonly action: 'retry' | 'cancel';
  readonly task: string;
}

/** A task action that waits for its confirmation, and what is typed of that. */
export interface Confirmation extends TaskAction {
  readonly typed: string;
}

/** What the person has chosen. Never changed in place. */
export interface Ui {
  readonly view: View;
  /** Panel of the view that keys go to, counted from 0. */
  readonly focus: number;
  /** The focused panel has the whole screen. */
  readonly zoomed: boolean;
  readonly help: boolean;
  /** First line of the help that is seen, where not all of it fits. */
  readonly helpFrom: number;
  readonly filter: string;
  /** The filter is being typed. */
  readonly typing: boolean;
  /** What is typed into the list of commands; null while that is closed. */
  readonly command: string | null;
  readonly sort: SourceSort;
  readonly ascending: boolean;
  readonly selected: number;
  readonly level: (typeof LEVELS)[number];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Time of the newest entry of the log that is shown while it does not follow; null while it does. */
  readonly logEnd: number | null;
  /** Whether tasks may be changed from here. */
  readonly allowActions: boolean;
  readonly confirmation: Confirmation | null;
  readonly windowMs: number;
  /** How far back of now the window ends. */
  readonly seekMs: number;
  /** Time at which the display stands still, or null. */
  readonly pausedAt: number | null;
  readonly latency: 'map' | 'lines';
  readonly logarithmic: boolean;
  readonly byteUnits: ByteUnits;
  readonly preset: Preset;
  readonly refreshMs: number;
  /** A word about what just happened, shown in the last line until the next key. */
  readonly message: string;
}

export const WINDOW_DEFAULT_MS = WINDOWS_MS[1];

export const UI_DEFAULT: Ui = {
  view: 'overview',
  focus: 0,
  zoomed: false,
  help: false,
  helpFrom: 0,
  filter: '',
  typing: false,
  command: null,
  sort: 'EV/S',
  ascending: false,
  selected: 0,
  level: 'warn',
  logLevel: 'all',
  logEnd: null,
  allowActions: false,
  confirmation: null,
  windowMs: WINDOW_DEFAULT_MS,
  seekMs: 0,
  pausedAt: null,
  latency: 'map',
  logarithmic: false,
  byteUnits: 'binary',
  preset: 'all',
  refreshMs: REFRESHES_MS[1],
  message: '',
};

/** The value after (or before) `value` in `list`, around its ends. */
export function turn<T>(list: readonly T[], value: T, by: 1 | -1): T {
  return list[(list.indexOf(value) + by + list.length) % list.length]!;
}

/** The neighbour of `value` in `list`, staying at its ends. */
export function step<T>(list: readonly T[], value: T, by: 1 | -1): T {
  return list[Math.min(list.length - 1, Math.max(0, list.indexOf(value) + by))]!;
}
