import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 100;

export interface PollOptions {
  readonly timeoutMs: number;
  /** Ends the wait by rejecting with its reason. */
  readonly signal: AbortSignal;
}

/** Asks until the answer is something; undefined when `timeoutMs` ran out before. Asks at least once. */
export async function poll<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { timeoutMs, signal }: PollOptions,
): Promise<T | undefined> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (deadline.aborted) return undefined;
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
