/**
 * Every key, in one table: what it does, and what help and the last line say about it. `?` and the footer are made of it,
 * so neither can forget a key.
 */
import { BYTE_UNITS } from '../../terminal/numbers.ts';
import { WINDOWS_MS } from '../store/series.ts';
import { followed, type LogPlace, nextMatch, scrolled } from './log-place.ts';
import {
  LEVELS,
  LOG_LEVELS,
  PRESETS,
  REFRESHES_MS,
  SOURCE_SORTS,
  step,
  type TaskAction,
  turn,
  UI_DEFAULT,
  type Ui,
  VIEW_TITLES,
  VIEWS,
  WINDOW_DEFAULT_MS,
} from './ui.ts';

/** What a key needs to know beside the choices. */
export interface KeyContext {
  readonly panels: number;
  readonly rows: number;
  /** The furthest that help can be scrolled. */
  readonly helpEnd: () => number;
  /** Newest time there is, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Id of the task that is chosen in the view of the tasks. */
  readonly task: string | undefined;
  readonly log: () => LogPlace;
}

/** Effects on keys, and the action on a task that was confirmed. */
export type Effect = 'quit' | 'export' | 'copy' | TaskAction;

export interface Binding {
  /** Names as `keyName` makes them. */
  readonly keys: readonly string[];
  /** How the keys are written for people. */
  readonly shown: string;
  readonly help: string;
  /** One word for the last line; left out when it stands only in help. */
  readonly short?: string;
  readonly apply?: (ui: Ui, context: KeyContext, key: string) => Ui;
  readonly effect?: Extract<Effect, string>;
}

export const KEYMAP: readonly Binding[] = [
  {
    keys: ['?', 'f1'],
    shown: '?',
    help: 'help',
    short: 'help',
    apply: (ui) => ({ ...ui, help: !ui.help, helpFrom: 0 }),
  },
  {
    keys: VIEWS.map((_, index) => String(index + 1)),
    shown: `1-${VIEWS.length}`,
    help: `view: ${VIEWS.map((view, index) => `${index + 1} ${VIEW_TITLES[view]}`).join(', ')}`,
    short: 'view',
    apply: (ui, _context, key) => opened(ui, VIEWS[Number(key) - 1]!),
  },
  {
    keys: [':', 'ctrl-p'],
    shown: ':',
    help: 'find a command by its words and do it (also Ctrl-P)',
    apply: (ui) => ({ ...ui, command: '', help: false }),
  },
  {
    keys: ['/'],
    shown: '/',
    help: 'filter: text, /regular expression/, ! before it for the rest; in Logs a search',
    short: 'filter',
    apply: (ui) => ({ ...ui, typing: true, help: false }),
  },
  {
    keys: ['s'],
    shown: 's',
    help: 'sort by the next column',
    short: 'sort',
    apply: (ui) => ({ ...ui, sort: turn(SOURCE_SORTS, ui.sort, 1) }),
  },
  {
    keys: ['n', 'N'],
    shown: 'n N',
    help: 'Logs: the next match of the search, the one before',
    apply: (ui, { log }, key) => (ui.view === 'logs' ? nextMatch(ui, log(), key === 'n' ? 'newer' : 'older') : ui),
  },
  {
    keys: ['f'],
    shown: 'f',
    help: 'Logs: stand still, or follow what comes',
    apply: (ui, { log }) => (ui.view === 'logs' ? followed(ui, log()) : ui),
  },
  { keys: ['r'], shown: 'r', help: 'reverse the order', apply: (ui) => ({ ...ui, ascending: !ui.ascending }) },
  {
    keys: ['enter', 'z'],
    shown: 'Enter',
    help: 'give the focused panel the whole screen, and back (also z)',
    short: 'zoom',
    apply: (ui) => ({ ...ui, zoomed: !ui.zoomed, help: false }),
  },
  {
    keys: ['space'],
    shown: 'space',
    help: 'pause the display; data keeps coming',
    short: 'pause',
    apply: (ui, { receivedAt }) => ({ ...ui, pausedAt: ui.pausedAt === null ? receivedAt : null }),
  },
  {
    keys: ['+', '-'],
    shown: '+ -',
    help: 'longer or shorter window (1m to 24h)',
    short: 'window',
    apply: (ui, _context, key) => ({
      ...ui,
      windowMs: step(WINDOWS_MS, ui.windowMs as (typeof WINDOWS_MS)[number], key === '+' ? 1 : -1),
    }),
  },
  { keys: ['='], shown: '=', help: 'the usual window (5m)', apply: (ui) => ({ ...ui, windowMs: WINDOW_DEFAULT_MS }) },
  {
    keys: ['[', ']'],
    shown: '[ ]',
    help: 'half a window back or forward in time',
    short: 'seek',
    apply: (ui, _context, key) => sought(ui, key === '[' ? 1 : -1),
  },
  { keys: ['0'], shown: '0', help: 'jump to now', apply: (ui) => ({ ...ui, seekMs: 0, pausedAt: null, logEnd: null }) },
  {
    keys: ['<', '>'],
    shown: '< >',
    help: 'draw every 0.5, 1, 2, 5 or 10 s (figures come once a second)',
    apply: (ui, _context, key) => ({
      ...ui,
      refreshMs: step(REFRESHES_MS, ui.refreshMs as (typeof REFRESHES_MS)[number], key === '>' ? 1 : -1),
    }),
  },
  {
    keys: ['tab', 'shift-tab', 'right', 'left', 'l'],
    shown: 'Tab',
    help: 'focus the next panel (Shift-Tab, arrows left and right)',
    short: 'focus',
    apply: (ui, { panels }, key) => focused(ui, panels, key === 'shift-tab' || key === 'left' ? -1 : 1),
  },
  {
    keys: ['down', 'up', 'j', 'k', 'pagedown', 'pageup'],
    shown: '↑ ↓',
    help: 'move the selection, scroll the log and this help (also j k, page keys)',
    apply: (ui, context, key) => selected(ui, context, key),
  },
  {
    keys: ['h'],
    shown: 'h',
    help: 'latency as heat map or as lines of p50 and p99',
    apply: (ui) => ({ ...ui, latency: ui.latency === 'map' ? 'lines' : 'map' }),
  },
  { keys: ['L'], shown: 'L', help: 'logarithmic scale', apply: (ui) => ({ ...ui, logarithmic: !ui.logarithmic }) },
  {
    keys: ['u'],
    shown: 'u',
    help: 'units of bytes: powers of 1,024 (K M G) or of 1,000 (kB MB GB)',
    apply: (ui) => ({ ...ui, byteUnits: turn(BYTE_UNITS, ui.byteUnits, 1) }),
  },
  {
    keys: ['v'],
    shown: 'v',
    help: 'log: from WARN or ERROR only; in Logs also everything',
    apply: (ui) =>
      ui.view === 'logs'
        ? { ...ui, logLevel: turn(LOG_LEVELS, ui.logLevel, 1), selected: 0 }
        : { ...ui, level: turn(LEVELS, ui.level, 1) },
  },
  {
    keys: ['R'],
    shown: 'R',
    help: 'Tasks: run the chosen one again, when that is confirmed (needs --allow-actions)',
    apply: (ui, { task }) => asked(ui, 'retry', task),
  },
  {
    keys: ['X'],
    shown: 'X',
    help: 'Tasks: cancel the chosen one, when that is confirmed (needs --allow-actions)',
    apply: (ui, { task }) => asked(ui, 'cancel', task),
  },
  {
    keys: ['p'],
    shown: 'p',
    help: 'layout: everything, charts, tables',
    apply: (ui) => ({ ...ui, preset: turn(PRESETS, ui.preset, 1), focus: 0 }),
  },
  { keys: ['e'], shown: 'e', help: 'export the screen and its numbers to a file', short: 'export', effect: 'export' },
  { keys: ['y'], shown: 'y', help: 'copy the selected row (OSC 52)', effect: 'copy' },
  {
    keys: ['esc'],
    shown: 'Esc',
    help: 'close what is open, clear the filter; never quits',
    apply: (ui) => escaped(ui),
  },
  {
    keys: ['q', 'ctrl-c'],
    shown: 'q',
    help: 'quit (also Ctrl-C); the screen is as it was before',
    short: 'quit',
    effect: 'quit',
  },
];

/** The binding of a key, undefined when it has none. */
export function bindingOf(key: string): Binding | undefined {
  return KEYMAP.find(({ keys }) => keys.includes(key));
}

/**
 * The bindings whose help has all letters of `typed` in their order: those with a word that begins with it first, then the
 * closest.
 */
export function findCommands(typed: string): readonly Binding[] {
  const letters = [...typed.toLowerCase().replaceAll(' ', '')];
  const wanted = typed.trim().toLowerCase();
  const found = KEYMAP.flatMap((binding) => {
    const help = binding.help.toLowerCase();
    const spread = ` ${help}`.includes(` ${wanted}`) ? -1 : spreadOf(letters, help);
    return spread === undefined ? [] : [{ binding, spread }];
  });
  return found.sort((a, b) => a.spread - b.spread).map(({ binding }) => binding);
}

/** How far apart the letters stand, undefined when not all of them are there. */
function spreadOf(letters: readonly string[], text: string): number | undefined {
  let at = -1;
  let first = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at + 1);
    if (at === -1) return undefined;
    if (letter === letters[0] && first === 0) first = at;
  }
  return at - first;
}

function opened(ui: Ui, view: Ui['view']): Ui {
  return ui.view === view && !ui.help
    ? ui
    : { ...ui, view, focus: 0, zoomed: false, help: false, selected: 0, logEnd: null, filter: UI_DEFAULT.filter };
}

function sought(ui: Ui, direction: 1 | -1): Ui {
  const longest = WINDOWS_MS.at(-1)!;
  return { ...ui, seekMs: Math.min(longest, Math.max(0, ui.seekMs + (direction * ui.windowMs) / 2)) };
}

function focused(ui: Ui, panels: number, by: 1 | -1): Ui {
  return panels === 0 ? ui : { ...ui, focus: (ui.focus + by + panels) % panels };
}

const PAGE_ROWS = 10;

function selected(ui: Ui, { rows, log, helpEnd }: KeyContext, key: string): Ui {
  const by = key.startsWith('page') ? PAGE_ROWS : 1;
  const down = key === 'down' || key === 'j' || key === 'pagedown';
  if (ui.help) return { ...ui, helpFrom: Math.max(0, Math.min(helpEnd(), ui.helpFrom + (down ? by : -by))) };
  if (ui.view === 'logs') return scrolled(ui, log(), down ? -by : by);
  return { ...ui, selected: Math.min(Math.max(0, rows - 1), Math.max(0, ui.selected + (down ? by : -by))) };
}

function asked(ui: Ui, action: TaskAction['action'], task: string | undefined): Ui {
  if (ui.view !== 'tasks') return { ...ui, message: `choose a task in the view ${VIEWS.indexOf('tasks') + 1} first` };
  if (!ui.allowActions) return { ...ui, message: `read-only; to ${action} tasks: trackflow dash --allow-actions` };
  if (task === undefined) return { ...ui, message: 'there is no task to choose' };
  return { ...ui, help: false, confirmation: { action, task, typed: '' } };
}

function escaped(ui: Ui): Ui {
  if (ui.help) return { ...ui, help: false };
  if (ui.zoomed) return { ...ui, zoomed: false };
  return ui.filter === '' ? ui : { ...ui, filter: '' };
}
