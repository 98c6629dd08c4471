/**
 * The terminal between the start of a program and the moment Ink is loaded, a third of a second that nobody should see.
 *
 * Promises: from `holdTerminal` on a key is not echoed and not lost (it waits in the terminal until Ink reads), and what
 * is written stands on the alternate screen. Always true: whatever ends the process before `handOver` (a throw, an exit)
 * gives the terminal back as it was; after it that is Ink's. `release` may be called at any time and more than once.
 */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[H\u001b[J';
const LEAVE = '\u001b[?1049l\u001b[?25h';

export interface TerminalHold {
  /** Ink has entered its own alternate screen, and leaves it. */
  handOver(): void;
  release(): void;
}

export function holdTerminal(stdout: NodeJS.WriteStream, stdin: NodeJS.ReadStream): TerminalHold {
  let entered = true;
  const leave = () => {
    if (entered) stdout.write(LEAVE);
    entered = false;
  };
  // A stdin that is no terminal has no echo.
  if (stdin.isTTY) stdin.setRawMode(true);
  stdout.write(ENTER);
  process.once('exit', leave);
  return {
    handOver: () => {
      entered = false;
      process.off('exit', leave);
    },
    release: () => {
      leave();
      process.off('exit', leave);
      if (stdin.isTTY) stdin.setRawMode(false);
    },
  };
}
