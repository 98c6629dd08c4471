import type { Environment } from '../../config/environment.ts';
import { type Look, lookOf } from '../../terminal/look.ts';
import { hasColours, symbolsFor } from '../terminal/terminal-kind.ts';

/** Columns in a file or a pipe. */
export const PLAIN_WIDTH = 110;

/** How and how wide to draw for stdout; `columns` is undefined where it is no terminal. */
export interface Drawn {
  readonly look: Look;
  readonly columns: number | undefined;
}

/** As the terminal on stdout has it, or plain. */
export function drawnFor(stdout: NodeJS.WriteStream, env: Environment, noColor: boolean): Drawn {
  const columns = stdout.isTTY ? stdout.columns : undefined;
  const colours = columns !== undefined && hasColours(noColor, env);
  return { look: lookOf(symbolsFor('auto', env, columns ?? PLAIN_WIDTH), colours), columns };
}
