import { TrackflowError } from '../../errors/error.ts';

const TIMEOUT_MS = 3_000;

/** `/metrics` of the collector as text. Throws TF_STATE_UNKNOWN when it does not answer in time. */
export async function readMetricsText(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.ok) return await answer.text();
    throw new Error(`status ${answer.status}`);
  } catch (cause) {
    const message = `the collector does not answer at ${url}/metrics: ${(cause as Error).message}`;
    throw new TrackflowError('TF_STATE_UNKNOWN', message, { hints: ['trackflow logs --step receive'], cause });
  }
}

/** Looks a figure without labels up by its name; undefined when it is not there or not a number at the moment. */
export async function readMetrics(url: string): Promise<(name: string) => number | undefined> {
  const text = await readMetricsText(url);
  return (name) => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    const value = Number(line?.slice(name.length + 1));
    return Number.isFinite(value) ? value : undefined;
  };
}
