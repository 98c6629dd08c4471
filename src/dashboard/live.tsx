/**
 * The dashboard on a terminal. Ink has the alternate screen (it gives the old one back when we quit, throw or are
 * killed), raw mode and the keys; the lines come from `drawFrame` and get there through `Painter`.
 */
import { type Key, render, useInput, useStdin } from 'ink';
import { Axes } from './charts/axis.ts';
import { keyHandler } from './controller.ts';
import { drawFrame } from './frame.ts';
import type { Effect } from './keymap.ts';
import { keyNames } from './keys.ts';
import { type Block, toWidth } from './lines.ts';
import type { Look } from './look.ts';
import { Painter } from './painter.ts';
import type { Scene } from './scene.ts';
import type { DashStore } from './store.ts';

/** A terminal that is being pulled gets the old frame, cut, until it rests for this long. */
const RESIZE_REST_MS = 50;
/** A frame that takes longer halves the rate. */
const SLOW_FRAME_MS = 100;
const FALLBACK = { columns: 80, rows: 24 };

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

/** Shows the dashboard until the person quits or `signal` aborts; the terminal is as before then. */
export async function showLive(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { store, look, startCommand, version, stdout, stdin, onEffect } = options;
  const axes = new Axes();
  const painter = new Painter((text) => stdout.write(text));
  const screen = () => ({ columns: stdout.columns || FALLBACK.columns, rows: stdout.rows || FALLBACK.rows });
  const scene = (): Scene => ({ snapshot: store.getSnapshot(), look, axes, startCommand, version });
  let frame: Block = [];
  let rest: NodeJS.Timeout | undefined;

  const draw = (): void => {
    if (rest !== undefined) return;
    const { columns, rows } = screen();
    const began = performance.now();
    frame = drawFrame(scene(), columns, rows);
    painter.paint(frame);
    store.setSlowed(performance.now() - began > SLOW_FRAME_MS);
  };
  const onResize = (): void => {
    const { columns, rows } = screen();
    // Where a terminal puts the lines of the old size is its own affair: forget them all.
    painter.forget();
    painter.paint(frame.slice(0, Math.max(1, rows - 1)).map((line) => toWidth(line, columns)));
    clearTimeout(rest);
    rest = setTimeout(() => {
      rest = undefined;
      painter.forget();
      draw();
    }, RESIZE_REST_MS);
  };
  const onKey = keyHandler(store, screen, (effect) => {
    if (effect === 'quit') instance.unmount();
    else onEffect(effect, scene(), frame);
  });

  const instance = render(<Keys onKey={onKey} />, {
    stdout,
    stdin,
    exitOnCtrlC: false,
    patchConsole: false,
    alternateScreen: true,
    interactive: true,
  });
  const quit = () => instance.unmount();
  signal.addEventListener('abort', quit);
  stdout.on('resize', onResize);
  const stop = store.subscribe(draw);
  draw();
  if (signal.aborted) quit();
  try {
    await instance.waitUntilExit();
  } finally {
    stop();
    clearTimeout(rest);
    stdout.off('resize', onResize);
    signal.removeEventListener('abort', quit);
  }
}

/** Keys, where stdin is a terminal; elsewhere the screen is to be looked at only. */
function Keys({ onKey }: { readonly onKey: (name: string) => void }) {
  const { isRawModeSupported } = useStdin();
  const onInput = (input: string, key: Key) => {
    for (const name of keyNames(input, key)) onKey(name);
  };
  useInput(onInput, { isActive: isRawModeSupported });
  return null;
}
