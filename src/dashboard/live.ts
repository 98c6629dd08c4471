/** The dashboard on a terminal: the frame of the store's snapshot, drawn anew when the store changes. */
import { Axes } from '../terminal/charts/axis.ts';
import type { Block } from '../terminal/lines.ts';
import type { Look } from '../terminal/look.ts';
import type { TerminalHold } from '../terminal/screen/hold.ts';
import { type ScreenSize, showScreen } from '../terminal/screen/screen.ts';
import { keyHandler } from './input/controller.ts';
import type { Effect } from './input/keymap.ts';
import { drawFrame } from './screen/frame.ts';
import type { Scene } from './screen/scene.ts';
import { Pace } from './store/pace.ts';
import type { DashStore } from './store/store.ts';

export interface LiveOptions {
  readonly store: DashStore;
  /** How to draw on a terminal of so many columns. */
  readonly lookFor: (columns: number) => Look;
  readonly startCommand: string;
  readonly version: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly hold: TerminalHold;
  /** Everything but quitting. */
  readonly onEffect: (effect: Exclude<Effect, 'quit'>, scene: Scene, frame: Block) => void;
}

/** Shows the dashboard until the person quits or `signal` aborts. */
export async function showLive(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { store, lookFor, startCommand, version, stdout, stdin, hold, onEffect } = options;
  const axes = new Axes();
  const pace = new Pace();
  const quit = new AbortController();
  const sceneFor = ({ columns }: Pick<ScreenSize, 'columns'>): Scene => ({
    snapshot: store.getSnapshot(),
    look: lookFor(columns),
    axes,
    startCommand,
    version,
  });
  let shown: { readonly columns: number; readonly frame: Block } = { columns: 0, frame: [] };
  const onKey = keyHandler(store, (effect) =>
    effect === 'quit' ? quit.abort() : onEffect(effect, sceneFor(shown), shown.frame),
  );
  await showScreen(
    {
      stdout,
      stdin,
      hold,
      draw: ({ columns, rows }) => {
        shown = { columns, frame: drawFrame(sceneFor({ columns }), columns, rows) };
        return shown.frame;
      },
      subscribe: (redraw) => store.subscribe(redraw),
      onKey,
      onCost: (cost) => store.setSlowness(pace.note(cost)),
    },
    AbortSignal.any([signal, quit.signal]),
  );
}
