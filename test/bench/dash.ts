/**
 * `npm run bench:dash`: what an open dashboard costs, beside `btop` and a bare Ink clock in the same run.
 *
 * Each program runs alone in tmux for `BENCH_SECONDS`, once a second, while the real daemon takes a steady load. CPU is of
 * the program's own process from /proc, as part of one core; memory is its resident set early and late, so that growth
 * shows. `BENCH_SECONDS=600` is the ten minutes of the promise.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const SETTLE_SECONDS = 5;
const LOAD_PER_SECOND = 500;
const TICKS_PER_SECOND = 100;
const ROOT = path.resolve(import.meta.dirname, '..', '..');
const SOCKET = `trackflow-bench-${process.pid}`;

interface Measured {
  readonly cpu: number;
  readonly rssEarly: number;
  readonly rssLate: number;
}

const tmux = (...args: string[]) => execFileSync('tmux', ['-L', SOCKET, ...args], { encoding: 'utf8' });
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** Runs `command` (its shell execs it, so the pane's process is the program) in a screen of its own and measures it. */
async function measure(command: string, columns: number, rows: number, keys = ''): Promise<Measured> {
  tmux('new-session', '-d', '-s', 'bench', '-x', String(columns), '-y', String(rows), `exec ${command}`);
  try {
    await pause(SETTLE_SECONDS);
    if (keys !== '') tmux('send-keys', '-t', 'bench', keys);
    const pid = Number(tmux('display-message', '-p', '-t', 'bench', '#{pane_pid}'));
    const [before, rssEarly] = [cpuSeconds(pid), rssBytes(pid)];
    await pause(SECONDS);
    return { cpu: (cpuSeconds(pid) - before) / SECONDS, rssEarly, rssLate: rssBytes(pid) };
  } finally {
    tmux('kill-server');
  }
}

function cpuSeconds(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** A steady load of page views and purchases in ten requests a second, until stopped. */
function load(daemon: TestDaemon): () => void {
  let n = 0;
  const timer = setInterval(() => {
    const events = Array.from({ length: LOAD_PER_SECOND / 10 }, () => {
      n++;
      return {
        name: n % 10 === 0 ? 'purchase' : 'pageview',
        account: `site-${n % 4}`,
        visitor_id: `v${n % 700}`,
        url: `https://shop.example/${n % 40}`,
      };
    });
    daemon.post(events).then(
      (answer) => answer.arrayBuffer(),
      () => {},
    );
  }, 100);
  return () => clearInterval(timer);
}

const node = path.join(ROOT, 'node_modules', '.bin', 'node');
await using daemon = await startDaemon();
const stop = load(daemon);
const dash = `${node} ${path.join(ROOT, 'bin', 'trackflow.js')} dash --home ${daemon.home}`;
const programs: [name: string, command: string, columns: number, rows: number, keys?: string][] = [
  ['trackflow dash, 200x60', dash, 200, 60],
  ['trackflow dash, 80x24', dash, 80, 24],
  ['trackflow dash, 200x60, paused', dash, 200, 60, 'Space'],
  ['bare Ink clock', `${node} ${path.join(import.meta.dirname, 'ink-clock.mjs')}`, 200, 60],
  ['btop, 200x60 (2 s, its default)', 'btop', 200, 60],
];
const lines: string[] = [];
for (const [name, command, columns, rows, keys] of programs) {
  const { cpu, rssEarly, rssLate } = await measure(command, columns, rows, keys);
  const mb = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
  lines.push(`| ${name} | ${(cpu * 100).toFixed(2)} % | ${mb(rssEarly)} | ${mb(rssLate)} |`);
  process.stderr.write(`${lines.at(-1)}\n`);
}
stop();
process.stdout.write(
  `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}; ${SECONDS} s each, ${LOAD_PER_SECOND} events/s\n\n` +
    `| | CPU of one core | RSS MB early | RSS MB late |\n|---|---|---|---|\n${lines.join('\n')}\n`,
);
