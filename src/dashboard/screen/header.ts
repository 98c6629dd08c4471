import { ends, fitting, lineWidth, toWidth } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { clock, duration, fullNumber, shortNumber } from '../../terminal/numbers.ts';
import { shorten, terminalText } from '../../terminal/text.ts';
import { KEYMAP } from '../input/keymap.ts';
import { VIEW_TITLES, VIEWS } from '../input/ui.ts';
import type { Scene } from './scene.ts';
import type { Size } from './views.ts';

/** The light and the word for how the instance is. */
export function stateWord({ snapshot, look }: Scene): { light: string; word: string } {
  const { connection, facts } = snapshot;
  const [tone, word] = verdict();
  return { light: look.paint(tone, look.mark.light), word: look.paint(tone, word) };

  function verdict(): [Tone, string] {
    if (connection.kind === 'not-running') return ['bad', 'NOT RUNNING'];
    const { state } = facts;
    if (state === null) return ['dim', 'CONNECTING'];
    if (connection.kind !== 'live') return ['dim', 'LAST KNOWN'];
    if (state.state !== 'running') return ['warn', state.state.toUpperCase()];
    return state.problems.length > 0 ? ['warn', 'DEGRADED'] : ['good', 'RUNNING'];
  }
}

/** Instance, state, engine, process; connection, refresh and window at the right. */
export function headerLine(scene: Scene, width: number, size: Size): string {
  const { snapshot, look } = scene;
  const { facts, ui, clockAt } = snapshot;
  const { state } = facts;
  const { light, word } = stateWord(scene);
  const instance = state === null ? 'trackflow' : `trackflow/${terminalText(state.instance)}`;
  const fresh = connectionText(scene);
  const what = ` ${look.paint('bold', instance)} ${light} ${word}`;
  const matters = fitting([what, ...attention(scene, width - lineWidth(what) - lineWidth(fresh) - GAPS)], width);
  const right = [fresh, `win ${duration(ui.windowMs)}`];
  // Elsewhere the tabs tell the view.
  if (size === 'medium' || size === 'small') right.push(`${VIEWS.indexOf(ui.view) + 1} ${VIEW_TITLES[ui.view]}`);
  if (size === 'full' && state !== null) right.push(`v${terminalText(state.version)}`, clock(clockAt));
  const rightRoom = Math.max(lineWidth(fresh), width - lineWidth(matters) - GAPS);
  const rightText = `${fitting(right, rightRoom, ` ${look.mark.dot} `)} `;
  const process =
    state === null
      ? []
      : [terminalText(state.engine.kind), `up ${duration(clockAt - state.startedAt)}`, `pid ${state.pid}`];
  const url = state === null || size === 'medium' ? '' : terminalText(state.url);
  return ends(fitting([matters, ...process, url], width - lineWidth(rightText) - 1), rightText, width);
}

/** Less of a problem tells nothing. */
const PROBLEM_COLUMNS_MIN = 12;
/** Blanks around the parts of the header. */
const GAPS = 5;

/** What is to be seen before anything else: another version, the first problem. */
function attention({ snapshot: { facts }, look, version }: Scene, room: number): string[] {
  const { state } = facts;
  if (state === null) return [];
  const other = state.version === version ? '' : `daemon ${terminalText(state.version)}, this is ${version}`;
  const [problem = ''] = state.problems;
  const shown = room < PROBLEM_COLUMNS_MIN ? '' : shorten(terminalText(problem), room);
  return [look.paint('warn', other), look.paint('warn', shown)];
}

const SLOWNESS_WORDS = { display: 'display slowed', terminal: 'terminal slow' } as const;

/** How fresh the screen is, in a word. */
export function connectionText(scene: Scene): string {
  const { look, snapshot } = scene;
  const { connection, ui, acceptedWhilePaused, slowness, silentMs } = snapshot;
  const age = silentMs > 0 ? `, ${duration(silentMs)} old` : '';
  switch (connection.kind) {
    case 'connecting':
      return look.paint('dim', 'CONNECTING');
    case 'stale':
      return look.paint('warn', `STALE ${connection.seconds}s`);
    case 'reconnecting':
      return look.paint('bad', `RECONNECTING ${connection.attempt}${age}`);
    case 'not-running':
      return look.paint('bad', `OFFLINE${age}`);
    case 'live':
      break;
  }
  if (ui.pausedAt !== null)
    return look.paint('warn', `PAUSED ${clock(ui.pausedAt)} +${shortNumber(acceptedWhilePaused)}`);
  if (ui.seekMs > 0) return look.paint('accent', `SEEK -${duration(ui.seekMs)}`);
  const every = `LIVE ${fullNumber(ui.refreshMs / 1_000)}s`;
  return slowness === 'none' ? look.paint('good', every) : look.paint('warn', `${every} ${SLOWNESS_WORDS[slowness]}`);
}

/** The views, the open one marked. */
export function tabsLine({ snapshot: { ui }, look }: Scene, width: number): string {
  const tabs = VIEWS.map((view, index) => {
    const text = ` ${index + 1} ${VIEW_TITLES[view]} `;
    return view === ui.view ? look.paint('inverse', text) : look.paint('dim', text);
  });
  const chosen = `layout ${ui.preset}  ${ui.logarithmic ? 'log scale  ' : ''}${ui.allowActions ? 'actions allowed' : 'read-only'} `;
  return ends(` ${fitting(tabs, width - 2, '')}`, look.paint('dim', chosen), width);
}

/** A refresh below this is worth a hint where the terminal is slow. */
const PATIENT_MS = 5_000;

/** What is typed or what just happened, else the keys. */
export function footerLine({ snapshot, look, startCommand }: Scene, width: number): string {
  const { ui, slowness, connection } = snapshot;
  if (ui.typing)
    return toWidth(
      ` / ${terminalText(ui.filter)}${look.paint('inverse', ' ')}  ${look.paint('dim', 'Enter keeps it, Esc clears it')}`,
      width,
    );
  if (ui.confirmation !== null) {
    const { action, task, typed } = ui.confirmation;
    const how = look.paint('dim', 'yes or its number, then Enter; Esc does nothing');
    const question = look.paint('warn', `${action} task ${terminalText(task)}?`);
    return toWidth(` ${question} ${terminalText(typed)}${look.paint('inverse', ' ')}  ${how}`, width);
  }
  if (ui.message !== '') return toWidth(` ${terminalText(ui.message)}`, width);
  const keys = KEYMAP.filter(({ short }) => short !== undefined);
  const last = keys.find(({ effect }) => effect === 'quit')!;
  const named = (one: (typeof keys)[number]) => `${look.paint('bold', one.shown)} ${look.paint('dim', one.short!)}`;
  const quit = named(last);
  const others = keys.filter((one) => one !== last && (ui.filter === '' || one.short !== 'filter')).map(named);
  const word = ui.view === 'logs' ? 'search' : 'filter';
  const filter = ui.filter === '' ? [] : [look.paint('warn', `${word} ${terminalText(ui.filter)}`)];
  const isHasty = slowness === 'terminal' && ui.refreshMs < PATIENT_MS;
  const hint = isHasty ? [look.paint('warn', 'the terminal is slow: press > or use --interval 5s')] : [];
  const start = connection.kind === 'not-running' ? [look.paint('bold', shorten(startCommand, width - 10))] : [];
  return toWidth(` ${fitting([...start, ...hint, ...filter, ...others], width - 10)}  ${quit}`, width);
}
