import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const CONNECTIONS = 256;
/** Longer than the slowest peer takes for an answer. */
const TIMEOUT_SECONDS = 60;

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
export function send(url: string, batch: number, seconds: number): Promise<Sent> {
  const script = path.join(import.meta.dirname, 'sender.lua');
  const args = [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--timeout',
    `${TIMEOUT_SECONDS}s`,
    '--latency',
    '-s',
    script,
    url,
  ];
  return sentBy('wrk', args, { BENCH_BATCH: String(batch) });
}

/** Sends the same over as many WebSockets, one message of `batch` events at a time on each (`websocket-sender.ts`). */
export function sendByWebSocket(url: string, batch: number, seconds: number): Promise<Sent> {
  const script = path.join(import.meta.dirname, 'websocket-sender.ts');
  return sentBy(process.execPath, [script, url, String(CONNECTIONS), String(batch), String(seconds)], {});
}

/** Runs a sender to its end; it prints one line `RESULT {…}`. */
async function sentBy(program: string, args: readonly string[], env: Record<string, string>): Promise<Sent> {
  const sender = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  sender.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(sender, 'close');
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`${program} gave no result:\n${output}`);
  const { requests, durationUs, errors, p50Us, p99Us } = JSON.parse(line);
  return { requests, seconds: durationUs / 1e6, errors, p50Ms: p50Us / 1e3, p99Ms: p99Us / 1e3 };
}
