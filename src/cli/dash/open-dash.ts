/** `trackflow dash` on a terminal: store, feed and screen put together. */
import { setForLibraries } from '../../config/environment.ts';
import { REFRESHES_MS } from '../../dashboard/input/ui.ts';
import { showLive } from '../../dashboard/live.ts';
import { sourceRows } from '../../dashboard/panels/sources.ts';
import { chosenTask } from '../../dashboard/panels/tasks.ts';
import { exportDocument } from '../../dashboard/print/export.ts';
import type { Scene } from '../../dashboard/screen/scene.ts';
import { type Ask, runAudience } from '../../dashboard/store/ask-audience.ts';
import { runFeed, type Source } from '../../dashboard/store/feed.ts';
import { DashStore } from '../../dashboard/store/store.ts';
import { stripColours } from '../../terminal/lines.ts';
import { lookOf, type Symbols } from '../../terminal/look.ts';
import type { TerminalHold } from '../../terminal/screen/hold.ts';
import type { Instance } from '../instance.ts';
import { DashFiles } from './dash-files.ts';
import { changeTask } from './task-action.ts';

export interface DashTerminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** Of `stdout` and `stdin`. */
  readonly hold: TerminalHold;
  /** The characters to draw with on so many columns. */
  readonly symbolsFor: (columns: number) => Symbols;
  readonly colours: boolean;
  readonly intervalMs: number | undefined;
  readonly allowActions: boolean;
  readonly version: string;
  readonly now: () => number;
}

/** Resolves when the person quits. */
export async function openDash(instance: Instance, terminal: DashTerminal): Promise<void> {
  const { control, signal } = instance;
  const { stdout, now, hold, colours, symbolsFor, intervalMs, version, allowActions } = terminal;
  const files = new DashFiles(instance.paths.dash);
  const refreshMs = intervalMs === undefined ? {} : { refreshMs: nearestRefresh(intervalMs) };
  const store = new DashStore({ ...files.readChoices(), ...refreshMs, allowActions });
  const tell = (message: string) => store.update((ui) => ({ ...ui, message: stripColours(message) }));
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const source: Source = (stop) => control.stream(stop);
  const ask: Ask = (question, params) => control.ask(question, params);
  const feeds = Promise.all([runFeed({ store, source, now }, until), runAudience({ store, ask, now }, until)]);
  try {
    // React and Ink read these when they are imported, which the screen does late. Without the first React keeps a
    // measurement of every render for ever, and takes longer for it.
    setForLibraries('NODE_ENV', 'production');
    if (!colours) setForLibraries('FORCE_COLOR', '0');
    await showLive(
      {
        store,
        lookFor: (columns) => lookOf(symbolsFor(columns), colours),
        startCommand: instance.commandLine('start'),
        version,
        stdout,
        stdin: terminal.stdin,
        hold,
        onEffect: (effect, scene, frame) => {
          if (typeof effect === 'object') void changeTask(control, effect).then(tell);
          else
            tell(effect === 'export' ? files.write(exportDocument(scene.snapshot, frame), now()) : copy(scene, stdout));
        },
      },
      until,
    );
    files.keepChoices(store.getSnapshot().ui);
  } finally {
    ended.abort();
    await feeds;
  }
  signal.throwIfAborted();
}

/** Puts the selected row into the clipboard of the person's terminal (OSC 52). */
function copy({ snapshot }: Scene, stdout: NodeJS.WriteStream): string {
  const isTasks = snapshot.ui.view === 'tasks';
  const row = isTasks ? chosenTask(snapshot) : sourceRows(snapshot)[snapshot.ui.selected];
  if (row === undefined) return 'nothing is selected';
  stdout.write(`\u001b]52;c;${Buffer.from(JSON.stringify(row)).toString('base64')}\u0007`);
  return `copied the selected ${isTasks ? 'task' : 'source'}, where the terminal allows it`;
}

function nearestRefresh(ms: number): number {
  return REFRESHES_MS.find((refresh) => refresh >= ms) ?? REFRESHES_MS.at(-1)!;
}
