/** The dashboard on a terminal: the frame of the store's snapshot, drawn anew when the store changes. */
import { Axes } from '../terminal/charts/axis.ts';
import type { Block } from '../terminal/lines.ts';
import type { Look } from '../terminal/look.ts';
import { showScreen } from '../terminal/screen/screen.tsx';
import { keyHandler } from './input/controller.ts';
import type { Effect } from './input/keymap.ts';
import { drawFrame } from './screen/frame.ts';
import type { Scene } from './screen/scene.ts';
import type { DashStore } from './store/store.ts';

/** A frame that takes longer halves the rate. */
const SLOW_FRAME_MS = 100;

export interface LiveOptions {
  readonly store: DashStore;
  readonly look: Look;
  readonly startCommand: string;
  readonly version: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** Everything but quitting. */
  readonly onEffect: (effect: Exclude<Effect, 'quit'>, scene: Scene, frame: Block) => void;
}

/** Shows the dashboard until the person quits or `signal` aborts. */
export async function showLive(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { store, look, startCommand, version, stdout, stdin, onEffect } = options;
  const axes = new Axes();
  const scene = (): Scene => ({ snapshot: store.getSnapshot(), look, axes, startCommand, version });
  let frame: Block = [];
  const quit = new AbortController();
  const onKey = keyHandler(store, (effect) => (effect === 'quit' ? quit.abort() : onEffect(effect, scene(), frame)));
  await showScreen(
    {
      stdout,
      stdin,
      draw: ({ columns, rows }) => {
        frame = drawFrame(scene(), columns, rows);
        return frame;
      },
      subscribe: (redraw) => store.subscribe(redraw),
      onKey,
      onDrawn: (ms) => store.setSlowed(ms > SLOW_FRAME_MS),
    },
    AbortSignal.any([signal, quit.signal]),
  );
}
