/**
 * Ctrl-Z and `fg`, as every program of a terminal has them; raw mode takes the key away from the terminal.
 *
 * Promises: a stopped process leaves the terminal as it found it, and has its screen back when it goes on, also after a
 * stop that cannot be caught. Always true: one stop at a time. Where no shell waits that could say `fg`, the system does
 * not stop the process: the screen comes back at once.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that still runs this long after the signal was not stopped. */
const STOPPED_WITHIN_MS = 100;

export interface JobControl {
  /** Ctrl-Z was pressed. */
  stop(): void;
  close(): void;
}

/** `suspend` gives the terminal back, what it returns takes it again. */
export function jobControl(suspend: () => Promise<() => Promise<void>>): JobControl {
  let isBusy = false;
  const round = async (between: () => Promise<void>): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      const resume = await suspend();
      await between();
      await resume();
    } finally {
      isBusy = false;
    }
  };
  const onStop = () => void round(stopped);
  const onContinue = () => void round(async () => {});

  async function stopped(): Promise<void> {
    // Without a listener the system stops the process; the group, because a shell waits for all of it.
    process.off('SIGTSTP', onStop);
    const settled = new AbortController();
    const { signal } = settled;
    const continued = once(process, 'SIGCONT', { signal }).catch(() => {});
    process.kill(0, 'SIGTSTP');
    await Promise.race([continued, sleep(STOPPED_WITHIN_MS, undefined, { signal }).catch(() => {})]);
    settled.abort();
    process.on('SIGTSTP', onStop);
  }

  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  return {
    stop: onStop,
    close: () => {
      process.off('SIGTSTP', onStop);
      process.off('SIGCONT', onContinue);
    },
  };
}
