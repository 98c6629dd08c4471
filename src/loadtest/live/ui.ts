/** Lengths of time that the charts may show, in milliseconds. */
export const LIVE_WINDOWS_MS = [15_000, 60_000, 300_000, 900_000, 3_600_000] as const;

/** What the person has chosen. Never changed in place. */
export interface LiveUi {
  readonly windowMs: number;
  readonly latency: 'map' | 'lines';
  readonly help: boolean;
}

export const LIVE_UI_DEFAULT: LiveUi = { windowMs: LIVE_WINDOWS_MS[1], latency: 'map', help: false };

/** What a run of that length begins with: a short one fills the charts. */
export function firstUi(runMs: number): LiveUi {
  return runMs <= LIVE_WINDOWS_MS[0] ? { ...LIVE_UI_DEFAULT, windowMs: LIVE_WINDOWS_MS[0] } : LIVE_UI_DEFAULT;
}

export type LiveEffect = 'stop';

export interface LiveBinding {
  /** Names as `keyNames` makes them. */
  readonly keys: readonly string[];
  /** How the keys are written for people. */
  readonly shown: string;
  readonly help: string;
  /** One word for the last line. */
  readonly short: string;
  readonly apply?: (ui: LiveUi, key: string) => LiveUi;
  readonly effect?: LiveEffect;
}

/** Every key: help and the last line are made of it. */
export const LIVE_KEYMAP: readonly LiveBinding[] = [
  { keys: ['?', 'f1'], shown: '?', help: 'help', short: 'help', apply: (ui) => ({ ...ui, help: !ui.help }) },
  {
    keys: ['+', '-', '='],
    shown: '+ -',
    help: 'longer or shorter window (1m, 5m, 15m, 1h)',
    short: 'window',
    apply: (ui, key) => ({ ...ui, windowMs: neighbour(ui.windowMs, key === '-' ? -1 : 1) }),
  },
  {
    keys: ['h'],
    shown: 'h',
    help: 'latency as a heat map or as lines of p50 and p99',
    short: 'heat/lines',
    apply: (ui) => ({ ...ui, latency: ui.latency === 'map' ? 'lines' : 'map' }),
  },
  { keys: ['esc'], shown: 'Esc', help: 'close the help', short: '', apply: (ui) => ({ ...ui, help: false }) },
  {
    keys: ['q', 'ctrl-c'],
    shown: 'q',
    help: 'stop sending, verify what was sent and report (also Ctrl-C)',
    short: 'stop and report',
    effect: 'stop',
  },
];

function neighbour(windowMs: number, by: 1 | -1): number {
  const at = (LIVE_WINDOWS_MS as readonly number[]).indexOf(windowMs) + by;
  return LIVE_WINDOWS_MS[Math.min(LIVE_WINDOWS_MS.length - 1, Math.max(0, at))]!;
}
