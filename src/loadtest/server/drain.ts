import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../../control/client.ts';

const POLL_MS = 200;

export interface DrainOptions {
  readonly control: Pick<ControlClient, 'status'>;
  readonly timeoutMs: number;
  /** Events in the spool; null while the daemon does not answer. */
  readonly onProgress?: (rows: number | null) => void;
}

export interface DrainResult {
  /** Whether the spool was seen empty. */
  readonly drained: boolean;
  /** Events in the spool when last seen; null when the daemon never answered. */
  readonly rows: number | null;
  readonly ms: number;
}

/**
 * Waits until the spool of the daemon is empty, so that everything acknowledged is in ClickHouse or set aside. A daemon
 * that does not answer may be on its way back: it is asked again until the time is over or `signal` aborts.
 */
export async function waitForDrain(
  { control, timeoutMs, onProgress }: DrainOptions,
  signal: AbortSignal,
): Promise<DrainResult> {
  const began = performance.now();
  let rows: number | null = null;
  for (;;) {
    const now = await control.status().then(
      ({ spool }) => spool.rows,
      () => null,
    );
    rows = now ?? rows;
    onProgress?.(now);
    const ms = performance.now() - began;
    if (now === 0 || ms >= timeoutMs || signal.aborted) return { drained: now === 0, rows, ms };
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
