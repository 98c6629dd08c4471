/**
 * `npm run bench:stats`: how long `/v1/stats` takes over ten million events of a month, and the commands around it.
 *
 * A million events go through the real daemon and are multiplied inside its engine (`storage/fill.ts` says how). Then
 * `trackflow stop` and `start` are timed, and the daemon that `start` left is asked over HTTP, one question at a time,
 * `BENCH_REPEATS` times each after three that do not count. `BENCH_QUESTIONS`, a regular expression, takes some of them.
 * `BENCH_HOME` keeps the rows: a home that has them is not filled again.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../support/cli.ts';
import { startDaemon } from '../support/daemon.ts';
import { fillMonth } from './storage/fill.ts';
import { lastMonth } from './storage/month-of-traffic.ts';

const EVENTS = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const COPIES = Number(process.env.BENCH_COPIES ?? 10);
const REPEATS = Number(process.env.BENCH_REPEATS ?? 100);
const WANTED = new RegExp(process.env.BENCH_QUESTIONS ?? '');
const STARTS = 7;
const COMMANDS = 20;
const WARM_UP = 3;
const MONTH_MS = 30 * 24 * 3_600_000;

const QUESTIONS: Readonly<Record<string, string>> = {
  'a month by day, one country': 'timeseries?interval=day&filter=country:is:DE',
  'a month by day, one event name': 'timeseries?interval=day&filter=name:is:pageview',
  'a month by day, a rare event name': 'timeseries?interval=day&filter=name:is:purchase',
  'a month by day, one page': 'timeseries?interval=day&filter=path:is:/',
  'a month by day, no filter': 'timeseries?interval=day',
  'unique visitors by page': 'top?dimension=path&metrics=visitors',
  'unique visitors by page, one site': 'top?dimension=path&metrics=visitors&account=loadtest-30da75ab-shop',
  'events and visitors by source': 'top?dimension=utm_source',
  'events by a property': 'top?dimension=properties.element&metrics=events',
  'totals, every metric': 'totals?',
};

interface Times {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

async function timed(repeats: number, run: () => Promise<void>, between = async () => {}): Promise<Times> {
  const times: number[] = [];
  for (let n = 0; n < repeats; n++) {
    if (n > 0) await between();
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.ceil(times.length * share) - 1]!;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

async function trackflow(...args: string[]): Promise<void> {
  const { code, stderr } = await runCli(args);
  if (code !== 0) throw new Error(`trackflow ${args.join(' ')} ended with ${code}: ${stderr}`);
}

async function ask(url: string): Promise<void> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  if ((JSON.parse(text) as { results: unknown[] }).results.length === 0) throw new Error(`${url} has no rows`);
}

async function fill(home: string): Promise<void> {
  await using daemon = await startDaemon({ home });
  const [stored] = await daemon.query<{ n: number }>('SELECT count() AS n FROM events');
  if (stored!.n < EVENTS * COPIES) await fillMonth(daemon, EVENTS, COPIES);
  const [shape] = await daemon.query<Record<string, number>>(
    `SELECT count() AS events, uniqExact(visitor_id) AS visitors, uniqExact(session_id) AS sessions,
       uniqExact(path) AS pages, uniqExact(url) AS urls FROM events`,
  );
  print(
    `${Object.entries(shape!)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}\n`,
  );
  await daemon.stop();
}

async function measure(home: string): Promise<void> {
  const row = (name: string, { p50, p95, max }: Times) =>
    print(`| ${[name, ...[p50, p95, max].map((ms) => ms.toFixed(0))].join(' | ')} |`);
  const start = () => trackflow('start', '--home', home, '--port', '0');
  const stop = () => trackflow('stop', '--home', home);
  print('| | p50 ms | p95 ms | max ms |', '|---|---|---|---|');
  row('`trackflow start` to ready', await timed(STARTS, start, stop));
  try {
    const { url } = JSON.parse(fs.readFileSync(path.join(home, 'run', 'daemon.json'), 'utf8')) as { url: string };
    const startedAt = lastMonth(Date.now());
    const month = `&bots=exclude&from=${startedAt}&to=${startedAt + MONTH_MS}`;
    row('`trackflow status`', await timed(COMMANDS, () => trackflow('status', '--home', home)));
    row('`trackflow --version`', await timed(COMMANDS, () => trackflow('--version')));
    for (const [name, question] of Object.entries(QUESTIONS).filter(([name]) => WANTED.test(name))) {
      const target = `${url}/v1/stats/${question}${month}`;
      await timed(WARM_UP, () => ask(target));
      row(name, await timed(REPEATS, () => ask(target)));
    }
  } finally {
    await stop();
  }
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

const kept = process.env.BENCH_HOME;
const home = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-stats-'));
try {
  print(`${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}; ${REPEATS} times each\n`);
  await fill(home);
  await measure(home);
} finally {
  if (kept === undefined) fs.rmSync(home, { recursive: true, force: true });
}
