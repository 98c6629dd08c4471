/** The live view on a terminal: the frame of the store's snapshot, drawn anew when the store changes. */
import { Axes } from '../../terminal/charts/axis.ts';
import type { Look } from '../../terminal/look.ts';
import { holdTerminal } from '../../terminal/screen/hold.ts';
import { showScreen } from '../../terminal/screen/screen.ts';
import { drawLiveFrame } from './frame.ts';
import type { LiveFigures } from './live-figures.ts';
import { LIVE_KEYMAP } from './ui.ts';

export interface LiveOptions {
  readonly live: LiveFigures;
  readonly look: Look;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** The person wants the run to end now and to be reported; called each time they ask. */
  readonly onStop: () => void;
}

/** Shows the run until `signal` aborts; the terminal is as before then. */
export async function showLoadtest(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { live, look, stdout, stdin, onStop } = options;
  const axes = new Axes();
  const hold = holdTerminal(stdout, stdin);
  try {
    await showScreen(
      {
        stdout,
        stdin,
        hold,
        draw: ({ columns, rows }) => drawLiveFrame({ snapshot: live.getSnapshot(), look, axes }, columns, rows),
        subscribe: (redraw) => live.subscribe(redraw),
        onKey: liveKeyHandler(live, onStop),
      },
      signal,
    );
  } finally {
    hold.release();
  }
}

/** Turns keys into choices, and tells of the wish to stop. */
export function liveKeyHandler(live: LiveFigures, onStop: () => void): (key: string) => void {
  return (key) => {
    const binding = LIVE_KEYMAP.find(({ keys }) => keys.includes(key));
    if (binding?.apply !== undefined) live.update((ui) => binding.apply!(ui, key));
    if (binding?.effect === 'stop') onStop();
  };
}
