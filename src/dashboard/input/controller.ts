import type { ScreenSize } from '../../terminal/screen/screen.ts';
import { logPlace } from '../panels/logs.ts';
import { sourceRows } from '../panels/sources.ts';
import { chosenTask, taskRows } from '../panels/tasks.ts';
import { helpRoom } from '../screen/frame.ts';
import { helpEnd } from '../screen/help.ts';
import { panelsOf, sizeOf } from '../screen/views.ts';
import type { DashStore } from '../store/store.ts';
import { FILTER_LENGTH_MAX } from './filter.ts';
import { bindingOf, type Effect, findCommands, type KeyContext } from './keymap.ts';
import { nextMatch } from './log-place.ts';
import type { Confirmation, Ui } from './ui.ts';

/** Turns keys into choices, and tells of what is not a choice. */
export function keyHandler(
  store: DashStore,
  onEffect: (effect: Effect) => void,
): (key: string, screen: ScreenSize) => void {
  return press;

  function press(key: string, screen: ScreenSize): void {
    const { ui } = store.getSnapshot();
    if (ui.command !== null && key !== 'ctrl-c') {
      command(ui.command, key, screen);
      return;
    }
    if (ui.confirmation !== null && key !== 'ctrl-c') {
      confirm(ui.confirmation, key);
      return;
    }
    if (ui.typing && key !== 'ctrl-c') {
      store.update((now) => ({ ...now, ...typed(now.filter, key), selected: 0 }));
      const { view, filter } = store.getSnapshot().ui;
      if (view === 'logs' && key === 'enter' && filter !== '') store.update(firstMatch);
      return;
    }
    const binding = bindingOf(key);
    if (binding === undefined) return;
    store.update((now) => {
      const settled = now.message === '' ? now : { ...now, message: '' };
      return binding.apply === undefined ? settled : binding.apply(settled, contextOf(store, screen), key);
    });
    if (binding.effect !== undefined) onEffect(binding.effect);
  }

  function confirm({ action, task, typed: text }: Confirmation, key: string): void {
    const { filter, typing } = typed(text, key);
    if (typing) {
      store.update((now) => ({ ...now, confirmation: { action, task, typed: filter } }));
      return;
    }
    const isMeant = filter === 'yes' || filter === task;
    const message = isMeant ? `asking the daemon to ${action} task ${task}…` : 'nothing was done';
    store.update((now) => ({ ...now, confirmation: null, message }));
    if (isMeant) onEffect({ action, task });
  }

  /** What is typed is looked for from the newest entry on. */
  function firstMatch(ui: Ui): Ui {
    return nextMatch({ ...ui, logEnd: null }, logPlace(store.getSnapshot()), 'older');
  }

  function command(text: string, key: string, screen: ScreenSize): void {
    const { filter, typing } = typed(text, key);
    store.update((now) => ({ ...now, command: typing ? filter : null }));
    const [found] = findCommands(text);
    if (key === 'enter' && found !== undefined) press(found.keys[0]!, screen);
  }
}

function contextOf(store: DashStore, { columns, rows }: ScreenSize): KeyContext {
  const snapshot = store.getSnapshot();
  const { ui, receivedAt } = snapshot;
  return {
    panels: panelsOf(ui.view, sizeOf(columns, rows), ui.preset).length,
    helpEnd: () => helpEnd(helpRoom(columns, rows)),
    rows: ui.view === 'tasks' ? taskRows(snapshot).length : sourceRows(snapshot).length,
    receivedAt,
    task: chosenTask(snapshot)?.id,
    log: () => logPlace(snapshot),
  };
}

/** A key while the filter is typed. */
function typed(filter: string, key: string): { filter: string; typing: boolean } {
  switch (key) {
    case 'enter':
      return { filter, typing: false };
    case 'esc':
      return { filter: '', typing: false };
    case 'backspace':
      return { filter: [...filter].slice(0, -1).join(''), typing: true };
    case 'space':
      return { filter: `${filter} `, typing: true };
  }
  const isText = key.length > 0 && !/^(ctrl-|shift-)/.test(key) && !NAMES.has(key);
  return { filter: isText ? (filter + key).slice(0, FILTER_LENGTH_MAX) : filter, typing: true };
}

const NAMES = new Set(['tab', 'up', 'down', 'left', 'right', 'pageup', 'pagedown']);
