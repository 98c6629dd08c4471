/**
 * A live screen on a terminal: the lines come from `draw` and get there through `Painter`, keys come through Ink.
 *
 * Promises: the first frame is there before Ink is loaded, with data when data is quick; the terminal is given back
 * however the screen ends. Always true: at most one frame is on its way. When the terminal is slower than the frames:
 * those in between are left out, the newest is drawn when the last one has arrived.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Block, toWidth } from '../lines.ts';
import type { TerminalHold } from './hold.ts';
import { type JobControl, jobControl } from './job-control.ts';
import { Painter } from './painter.ts';

/** A terminal that is being pulled gets the old frame, cut, until it rests for this long. */
const RESIZE_REST_MS = 50;
/** The first frame waits this long for something to show. */
const FIRST_FRAME_MS_MAX = 150;
/** After a frame, the time in which the lag of the thread is measured; where nothing is drawn no timer runs. */
const LAG_AFTER_MS = 500;
/** A process that was stopped this long was asleep, not busy. */
const ASLEEP_MS = 10_000;
/** Raw mode gives it to the program, which does with it what the terminal would have done. */
const STOP_KEY = 'ctrl-z';
const FALLBACK = { columns: 80, rows: 24 };

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What took how long: to draw a frame, until the terminal had taken it, or that a timer came late. */
export interface ScreenCost {
  readonly of: 'draw' | 'write' | 'lag';
  readonly ms: number;
}

export interface ScreenOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** Of `stdout` and `stdin`; its maker releases it. */
  readonly hold: TerminalHold;
  /** The frame for a terminal of this size. */
  readonly draw: (size: ScreenSize) => Block;
  /** Calls `redraw` whenever the frame may have changed, until the function it returns is called. */
  readonly subscribe: (redraw: () => void) => () => void;
  /** A key by its name (`keys.ts`). */
  readonly onKey: (name: string, size: ScreenSize) => void;
  readonly onCost?: (cost: ScreenCost) => void;
}

/** Shows the screen until `signal` aborts; the terminal is as before then. */
export async function showScreen(options: ScreenOptions, signal: AbortSignal): Promise<void> {
  const { stdout, stdin, hold, subscribe, onKey } = options;
  const frames = new Frames(options);
  let changed = () => {};
  const firstChange = new Promise<void>((resolve) => {
    changed = resolve;
  });
  const stop = subscribe(() => {
    frames.redraw();
    changed();
  });
  stdout.on('resize', frames.onResize);
  let job: JobControl | undefined;
  try {
    await Promise.race([firstChange, sleep(FIRST_FRAME_MS_MAX, undefined, { signal }).catch(() => {})]);
    frames.redraw();
    if (signal.aborted) return;
    const { openInkKeys } = await import('./ink-keys.tsx');
    if (signal.aborted) return;
    const ink = openInkKeys({ stdout, stdin }, (name) =>
      name === STOP_KEY ? job?.stop() : onKey(name, frames.size()),
    );
    hold.handOver();
    frames.again();
    job = jobControl(() => frames.aside(ink.suspend));
    signal.addEventListener('abort', ink.close);
    await ink.exited;
    signal.removeEventListener('abort', ink.close);
  } finally {
    job?.close();
    stop();
    stdout.off('resize', frames.onResize);
    frames.close();
  }
}

class Frames {
  readonly #options: ScreenOptions;
  readonly #painter: Painter;
  #frame: Block = [];
  /** The terminal has not taken the last frame yet. */
  #isBusy = false;
  /** A frame was left out meanwhile. */
  #isBehind = false;
  #rest: NodeJS.Timeout | undefined;
  #lag: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isAside = false;
  /**
   * Until Ink is, this thread is busy with that, and hears late that a write is over: what tells of the terminal is how
   * long the call took, which waits for a terminal.
   */
  #isLoaded = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#painter = new Painter((text) => this.#write(text));
  }

  size(): ScreenSize {
    const { columns, rows } = this.#options.stdout;
    return { columns: columns || FALLBACK.columns, rows: rows || FALLBACK.rows };
  }

  redraw(): void {
    if (this.#rest !== undefined || this.#isClosed || this.#isAside) return;
    this.#isBehind = this.#isBusy;
    if (this.#isBusy) return;
    const began = performance.now();
    this.#frame = this.#options.draw(this.size());
    this.#options.onCost?.({ of: 'draw', ms: performance.now() - began });
    this.#painter.paint(this.#frame);
    this.#watchLag();
  }

  /** Ink is loaded and has the terminal: the last frame on its screen, which is empty. */
  again(): void {
    this.#isLoaded = true;
    this.#painter.forget();
    this.#painter.paint(this.#frame);
  }

  /** Draws nothing while somebody else has the terminal, from `suspend` until what this returns is called. */
  async aside(suspend: () => Promise<() => Promise<void>>): Promise<() => Promise<void>> {
    this.#isAside = true;
    const resume = await suspend();
    return async () => {
      await resume();
      this.#isAside = false;
      this.#painter.forget();
      this.redraw();
    };
  }

  readonly onResize = (): void => {
    if (this.#isAside) return;
    const { columns, rows } = this.size();
    // Where a terminal puts the lines of the old size is its own affair: forget them all.
    this.#painter.forget();
    this.#painter.paint(this.#frame.slice(0, Math.max(1, rows - 1)).map((line) => toWidth(line, columns)));
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#painter.forget();
      this.redraw();
    }, RESIZE_REST_MS);
  };

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#rest);
    clearTimeout(this.#lag);
  }

  /** Tells once how late its own timer came. */
  #watchLag(): void {
    const { onCost } = this.#options;
    if (onCost === undefined || !this.#isLoaded || this.#lag !== undefined) return;
    const due = performance.now() + LAG_AFTER_MS;
    this.#lag = setTimeout(() => {
      this.#lag = undefined;
      const late = performance.now() - due;
      if (late < ASLEEP_MS && !this.#isAside) onCost({ of: 'lag', ms: Math.max(0, late) });
    }, LAG_AFTER_MS).unref();
  }

  #write(text: string): void {
    const began = performance.now();
    const isLoaded = this.#isLoaded;
    const tell = () => this.#options.onCost?.({ of: 'write', ms: performance.now() - began });
    this.#isBusy = true;
    this.#options.stdout.write(text, () => {
      this.#isBusy = false;
      if (isLoaded) tell();
      if (this.#isBehind) this.redraw();
    });
    if (!isLoaded) tell();
  }
}
