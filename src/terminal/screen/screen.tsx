/**
 * A live screen on a terminal. Ink has the alternate screen (it gives the old one back when we quit, throw or are
 * killed), raw mode and the keys; the lines come from `draw` and get there through `Painter`.
 */
import { type Key, render, useInput, useStdin } from 'ink';
import { type Block, toWidth } from '../lines.ts';
import { keyNames } from './keys.ts';
import { Painter } from './painter.ts';

/** A terminal that is being pulled gets the old frame, cut, until it rests for this long. */
const RESIZE_REST_MS = 50;
const FALLBACK = { columns: 80, rows: 24 };

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** The frame for a terminal of this size. */
  readonly draw: (size: ScreenSize) => Block;
  /** Calls `redraw` whenever the frame may have changed, until the function it returns is called. */
  readonly subscribe: (redraw: () => void) => () => void;
  /** A key by its name (`keys.ts`). */
  readonly onKey: (name: string, size: ScreenSize) => void;
  /** How long a frame took to draw and to write, in milliseconds. */
  readonly onDrawn?: (ms: number) => void;
}

/** Shows the screen until `signal` aborts; the terminal is as before then. */
export async function showScreen(options: ScreenOptions, signal: AbortSignal): Promise<void> {
  const { stdout, stdin, draw, subscribe, onKey, onDrawn } = options;
  const painter = new Painter((text) => stdout.write(text));
  const size = (): ScreenSize => ({
    columns: stdout.columns || FALLBACK.columns,
    rows: stdout.rows || FALLBACK.rows,
  });
  let frame: Block = [];
  let rest: NodeJS.Timeout | undefined;

  const redraw = (): void => {
    if (rest !== undefined) return;
    const began = performance.now();
    frame = draw(size());
    painter.paint(frame);
    onDrawn?.(performance.now() - began);
  };
  const onResize = (): void => {
    const { columns, rows } = size();
    // Where a terminal puts the lines of the old size is its own affair: forget them all.
    painter.forget();
    painter.paint(frame.slice(0, Math.max(1, rows - 1)).map((line) => toWidth(line, columns)));
    clearTimeout(rest);
    rest = setTimeout(() => {
      rest = undefined;
      painter.forget();
      redraw();
    }, RESIZE_REST_MS);
  };

  const instance = render(<Keys onKey={(name) => onKey(name, size())} />, {
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
  const stop = subscribe(redraw);
  redraw();
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
