import { setTimeout as sleep } from 'node:timers/promises';
import type { TailLine } from '../../control/tail.ts';
import { type ErrorCode, TrackflowError } from '../../errors/error.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { FilterChoice } from './filter-choice.ts';

export interface TailOptions {
  readonly choice: FilterChoice;
  /** Shows one line of the stream. While it waits nothing is read; the daemon counts what it then leaves out. */
  readonly show: (line: string) => Promise<void>;
  /** Aborts when the person has seen enough. */
  readonly end: AbortSignal;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
/** What a daemon that is killed, stopping or starting again answers. */
const PASSING: readonly ErrorCode[] = ['TF_NOT_RUNNING', 'TF_STATE_UNKNOWN', 'TF_TIMEOUT'];

/**
 * Shows accepted events until `end`. A daemon that goes away is waited for, with growing pauses and a word on stderr; the
 * events of the time between are not shown. Throws TF_NOT_RUNNING when none runs at the beginning, and TF_INPUT for a
 * filter that is wrong from the start; a wrong one chosen later is told, and the last one stays.
 */
export async function tail(instance: Instance, { choice, show, end }: TailOptions): Promise<void> {
  let isLost = false;
  let pauseMs = RETRY_MS_MIN;
  const onOpened = () => {
    choice.take();
    if (isLost) instance.say('the daemon is back');
    isLost = false;
    pauseMs = RETRY_MS_MIN;
  };
  while (!end.aborted) {
    const { changed } = choice;
    const failure = await follow(instance, choice, { until: AbortSignal.any([changed, end]), onOpened, show });
    if (end.aborted) return;
    if (changed.aborted) continue;
    if (failure?.code === 'TF_INPUT' && choice.giveUp()) {
      instance.say(terminalText(failure.message));
      continue;
    }
    if (failure !== undefined && !(choice.isTaken && PASSING.includes(failure.code))) throw failure;
    if (!isLost) instance.say('the daemon is gone; waiting for it to come back');
    isLost = true;
    await sleep(pauseMs, undefined, { signal: AbortSignal.any([instance.signal, end]) }).catch(() =>
      instance.signal.throwIfAborted(),
    );
    pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX);
  }
}

interface Following {
  readonly until: AbortSignal;
  readonly onOpened: () => void;
  readonly show: (line: string) => Promise<void>;
}

/** Follows one connection to its end, whatever that is; returns why, where it was no orderly one. */
async function follow(
  { control, signal }: Instance,
  { filters }: FilterChoice,
  { until, onOpened, show }: Following,
): Promise<TrackflowError | undefined> {
  try {
    for await (const line of control.tail(filters, until)) {
      if (isOpening(line)) onOpened();
      await show(line);
    }
    return undefined;
  } catch (cause) {
    if (until.aborted && !signal.aborted) return undefined;
    if (signal.aborted || !(cause instanceof TrackflowError)) throw cause;
    return cause;
  }
}

function isOpening(line: string): boolean {
  return line.startsWith(`{"type":"${'tail' satisfies TailLine['type']}"`);
}
