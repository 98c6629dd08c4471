const ANSWER_MS_MAX = 10_000;

export interface ProbeEvent {
  /** Of the collector. */
  readonly url: string;
  readonly run: string;
  /** Null where the collector asks for none. */
  readonly key: string | null;
  readonly eventId: string;
}

/** Accounts of a run begin with another prefix: the ledger must not take a probe for a phantom. */
export function probeAccount(run: string): string {
  return `probe-${run}`;
}

/** Sends one event of an account of its own. Rejects when no answer comes within `ANSWER_MS_MAX`, or `signal` aborts. */
export function sendProbe({ url, run, key, eventId }: ProbeEvent, signal: AbortSignal): Promise<Response> {
  return fetch(new URL('/v1/events', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ event_id: eventId, name: 'loadtest_probe', account: probeAccount(run) }),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
  });
}
