import type { Environment } from '../../config/environment.ts';
import { setForLibraries } from '../../config/environment.ts';
import { lineEvery } from '../../loadtest/live/lines.ts';
import type { LiveFigures } from '../../loadtest/live/live-figures.ts';
import type { MaximumStep } from '../../loadtest/run/find-max.ts';
import { lookOf } from '../../terminal/look.ts';
import { hasColours, isAccessible, isScreen, symbolsFor } from '../terminal/terminal-kind.ts';

/** Who looks on, and how. */
export interface Audience {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Environment;
  readonly json: boolean;
  readonly noColor: boolean;
  /** One line, on stderr. */
  readonly say: (line: string) => void;
  readonly now: () => number;
  /** A step of the search for the maximum is over. */
  readonly onStep?: (step: MaximumStep) => void;
}

export interface Watching {
  /** Gives the terminal back. */
  end(): Promise<void>;
}

/** Shows a run: as a screen where there is one, else as a line every five seconds. `stop` is what `q` does. */
export function watch(live: LiveFigures, audience: Audience, stop: () => void): Watching {
  const { stdout, env, json } = audience;
  if (json || !isScreen(stdout, env) || isAccessible(false, env)) {
    const end = lineEvery(live, { json, say: audience.say });
    return { end: async () => end() };
  }
  const over = new AbortController();
  const shown = show(live, audience, stop, over.signal);
  return {
    end: async () => {
      over.abort();
      await shown;
    },
  };
}

async function show(live: LiveFigures, audience: Audience, stop: () => void, signal: AbortSignal): Promise<void> {
  const { stdout, stdin, env, noColor } = audience;
  setForLibraries('NODE_ENV', 'production');
  const colours = hasColours(noColor, env);
  if (!colours) setForLibraries('FORCE_COLOR', '0');
  const { showLoadtest } = await import('../../loadtest/live/live.ts');
  const look = lookOf(symbolsFor('auto', env, stdout.columns), colours);
  await showLoadtest({ live, look, stdout, stdin, onStop: stop }, signal);
}
