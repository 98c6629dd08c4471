import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const CONNECTIONS = 256;

/** What the sender saw. */
export interface Sent {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends page views to `url` for so many seconds, `batch` to a request, over `CONNECTIONS` kept connections from one thread
 * of wrk (`sender.lua`). Throws when wrk is not there.
 */
export async function send(url: string, batch: number, seconds: number): Promise<Sent> {
  const script = path.join(import.meta.dirname, 'sender.lua');
  const wrk = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-s', script, url], {
    env: { ...process.env, BENCH_BATCH: String(batch) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  wrk.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(wrk, 'close');
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk gave no result:\n${output}`);
  const { requests, durationUs, errors, p50Us, p99Us } = JSON.parse(line);
  return { requests, seconds: durationUs / 1e6, errors, p50Ms: p50Us / 1e3, p99Ms: p99Us / 1e3 };
}
