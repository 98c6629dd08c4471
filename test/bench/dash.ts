/**
 * `npm run bench:dash`: what an open dashboard costs, beside `btop` and a bare Ink clock in the same run.
 *
 * Each program runs alone in tmux for `BENCH_SECONDS`, once a second, while the real daemon takes a steady load. First
 * paint is from the start to the first figures on the screen, with the CPU until then. CPU is of the program's own process,
 * as part of one core; memory is the median of its resident set in the first and the last minute (of a shorter
 * run: quarter), and growth the slope of a line through all of it (collections of the heap make it a saw).
 * `BENCH_SECONDS=600 BENCH_PROGRAMS=dash-200x60,dash-80x24` is the ten minutes of the promise.
 * A program that does not run to the end is told, and the exit code is 1.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { commandLine, hasTmux, openTerminal, type Terminal } from '../support/tmux.ts';

const SETTLE_SECONDS = 5;
const LOAD_PER_SECOND = 500;
const MB = 1024 * 1024;

interface Program {
  readonly command: string;
  readonly columns: number;
  readonly rows: number;
  /** On the screen when there is something to see. */
  readonly painted: RegExp;
  readonly keys?: string;
}

interface Measured {
  readonly paintMs: number;
  readonly paintCpuMs: number;
  readonly cpu: number;
  readonly rssEarly: number;
  readonly rssLate: number;
  /** Bytes a minute. */
  readonly growth: number;
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

function programsFor(home: string): Readonly<Record<string, Program>> {
  const dash = { command: `exec ${commandLine('dash', '--home', home)}`, painted: /LIVE 1s/ };
  const clock = path.join(import.meta.dirname, 'ink-clock.mjs');
  return {
    'dash-200x60': { ...dash, columns: 200, rows: 60 },
    'dash-80x24': { ...dash, columns: 80, rows: 24 },
    'dash-200x60-paused': { ...dash, columns: 200, rows: 60, keys: 'Space' },
    'ink-clock': { command: `exec ${process.execPath} ${clock}`, painted: /\d\d:\d\d:/, columns: 200, rows: 60 },
    'btop-200x60': { command: 'exec btop', painted: /cpu/i, columns: 200, rows: 60 },
  };
}

/** Runs a program in a screen of its own and measures it. Throws when it ends before. */
async function measure({ command, columns, rows, painted, keys }: Program, seconds: number): Promise<Measured> {
  const began = performance.now();
  await using terminal = openTerminal(command, { columns, rows, remains: true });
  await terminal.shows((screen) => painted.test(screen) || isOver(terminal));
  const [paintMs, paintCpuMs] = [performance.now() - began, cpuSeconds(pidOf(terminal)) * 1_000];
  if (keys !== undefined) terminal.press(keys);
  await pause(SETTLE_SECONDS);
  const before = cpuSeconds(pidOf(terminal));
  const rss: number[] = [];
  for (const end = performance.now() + seconds * 1_000; performance.now() < end; ) {
    rss.push(rssBytes(pidOf(terminal)));
    await pause(1);
  }
  const cpu = (cpuSeconds(pidOf(terminal)) - before) / seconds;
  const part = Math.min(60, Math.ceil(rss.length / 4));
  const [rssEarly, rssLate] = [median(rss.slice(0, part)), median(rss.slice(-part))];
  return { paintMs, paintCpuMs, cpu, rssEarly, rssLate, growth: slope(rss) * 60 };
}

function isOver(terminal: Terminal): boolean {
  return terminal.tmux('display-message', '-p', '#{pane_dead}').trim() === '1';
}

/** The program's process; throws what is on the screen when it has ended. */
function pidOf(terminal: Terminal): number {
  if (!isOver(terminal)) return terminal.pid;
  throw new Error(terminal.screen().join(' ').replaceAll(/\s+/g, ' ').trim());
}

/**
 * CPU of all threads as the scheduler counts it. The hundredths of `/proc/PID/stat` are sampled at the tick of the clock,
 * which is just when a program that wakes once a second does so. A thread that has ended is not counted any more.
 */
function cpuSeconds(pid: number): number {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => {
    const [run] = fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(run);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** A shorter run shows how the heap grows to its size, not how it goes on. */
const GROWTH_SECONDS_MIN = 300;

function growthText(growth: number, seconds: number): string {
  return seconds < GROWTH_SECONDS_MIN ? '–' : (growth / 1024).toFixed(0);
}

/** By least squares: how much a value is above the one before; 0 of fewer than two. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  return spread === 0 ? 0 : values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0) / spread;
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
    daemon
      .post(events)
      .then((answer) => answer.arrayBuffer())
      .catch(() => {});
  }, 100);
  return () => clearInterval(timer);
}

async function main(): Promise<void> {
  const seconds = Number(process.env.BENCH_SECONDS ?? 30);
  const names = Object.keys(programsFor(''));
  const wanted = process.env.BENCH_PROGRAMS?.split(',') ?? names;
  const unknown = wanted.find((name) => !names.includes(name));
  if (!(seconds >= 1)) throw new Error(`BENCH_SECONDS is ${process.env.BENCH_SECONDS}; it is a number from 1 on`);
  if (unknown !== undefined) throw new Error(`BENCH_PROGRAMS has ${unknown}; there are ${names.join(', ')}`);
  if (!hasTmux()) throw new Error('the programs run in tmux, which is not here: apt-get install tmux');
  await using daemon = await startDaemon();
  const programs = programsFor(daemon.home);
  const stop = load(daemon);
  const machine = `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}`;
  // Each line as soon as it is known: a run that is cut short has shown what it had.
  console.log(`${machine}; ${seconds} s each, ${LOAD_PER_SECOND} events/s\n`);
  console.log('| | first paint ms (CPU ms) | CPU of one core | RSS MB early | RSS MB late | growth KB/min |');
  console.log('|---|---|---|---|---|---|');
  for (const name of wanted) {
    try {
      const { paintMs, paintCpuMs, cpu, rssEarly, rssLate, growth } = await measure(programs[name]!, seconds);
      const paint = `${paintMs.toFixed(0)} (${paintCpuMs.toFixed(0)})`;
      const memory = `${(rssEarly / MB).toFixed(1)} | ${(rssLate / MB).toFixed(1)} | ${growthText(growth, seconds)}`;
      console.log(`| ${name} | ${paint} | ${(cpu * 100).toFixed(2)} % | ${memory} |`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`| ${name} | did not run | | | | |`);
      console.error(`${name} did not run to its end: ${(error as Error).message}`);
    }
  }
  stop();
}

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  console.error(`bench:dash: ${(error as Error).message}`);
}
