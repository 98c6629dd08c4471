/**
 * From an acknowledgement to the query that finds the event, measured from outside: one event every two seconds, under
 * an account of its own, so that the ledger does not know it.
 *
 * Promises: one probe at a time, each ends after `FOUND_MS_MAX`. A daemon that is away costs the probes of that time and
 * nothing else. Exact to the time between two questions (`POLL_MS` and the question itself).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../../control/client.ts';
import { type ProbeEvent, probeAccount, sendProbe } from './probe-event.ts';

const EVERY_MS = 2_000;
const POLL_MS = 20;
const FOUND_MS_MAX = 60_000;

export interface ProbeOptions {
  readonly url: string;
  readonly run: string;
  /** As the load test has it. */
  readonly key: string | null;
  readonly control: Pick<ControlClient, 'query'>;
  /** Milliseconds from the acknowledgement to the answer that had the event; `FOUND_MS_MAX` for one not found by then. */
  readonly record: (ms: number) => void;
  readonly everyMs?: number;
}

/** Probes until `signal` aborts. */
export async function probeVisibility(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const everyMs = options.everyMs ?? EVERY_MS;
  while (!signal.aborted) {
    const began = performance.now();
    await probe(options, signal);
    const waitMs = Math.max(0, everyMs - (performance.now() - began));
    await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
}

async function probe({ url, run, key, control, record }: ProbeOptions, signal: AbortSignal): Promise<void> {
  const eventId = randomUUID();
  const account = probeAccount(run);
  if (!(await isAcknowledged({ url, run, key, eventId }, signal))) return;
  const acknowledgedAt = performance.now();
  // Both values are made here: hexadecimal digits and dashes.
  const sql = `SELECT count() AS found FROM events WHERE account = '${account}' AND event_id = '${eventId}'`;
  while (!signal.aborted) {
    const found = await control.query(sql).then(
      ({ rows }) => Number(rows[0]?.found) > 0,
      () => false,
    );
    const ms = performance.now() - acknowledgedAt;
    if (found || ms >= FOUND_MS_MAX) {
      record(Math.min(ms, FOUND_MS_MAX));
      return;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

async function isAcknowledged(event: ProbeEvent, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await sendProbe(event, signal);
    await answer.arrayBuffer();
    return answer.status === 202;
  } catch {
    return false;
  }
}
