/**
 * Hours in minutes: `npm run bench:soak` (about 25 minutes; SOAK_SECONDS and PAUSE_SECONDS shorten it).
 *
 * `trackflow loadtest` against the built daemon, one run after another, each with its ledger verified: the highest rate that
 * holds; half of it, with the default strategy and with `immediate`; seven tenths of it for ten minutes; and the same with
 * the engine paused for five minutes, which the spool has to outlive and to make up for.
 */
import os from 'node:os';
import type { Report, SecondFigures } from '../../src/loadtest/report/report.ts';
import type { Maximum } from '../../src/loadtest/run/find-max.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

const SOAK_SECONDS = Number(process.env.SOAK_SECONDS ?? 600);
const PAUSE_SECONDS = Number(process.env.PAUSE_SECONDS ?? 300);
/** Of load after the pause. */
const CATCH_UP_SECONDS = 100;
const HALF_SECONDS = Math.min(SOAK_SECONDS, 60);
const STEP_SECONDS = Math.min(SOAK_SECONDS, 20);
const FIRST_RATE = 8_000;
const SLO = 'p99<250ms,errors<0.1%,lag<5s';
const MIB = 1024 * 1024;

/** Runs a load test; its exit code does not matter, its report says what failed. */
async function loadtest<T>(daemon: TestDaemon, ...args: string[]): Promise<T> {
  process.stderr.write(`loadtest ${args.join(' ')}\n`);
  const { stdout, stderr } = await runCli(['loadtest', ...args, '--home', daemon.home, '--json']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

function figures(name: string, report: Report): string {
  const { load, latency, server, ledger } = report;
  const ms = (value: number | null | undefined) => (value == null ? '–' : value.toFixed(1));
  const cells = [
    name,
    `${load.achievedRate.toFixed(0)} of ${load.targetRate.toFixed(0)}`,
    ms(latency?.p50),
    ms(latency?.p99),
    ms(server?.lagP50Ms),
    ms(server?.lagP99Ms),
    `${server?.partsPeak ?? '–'}`,
    server === null ? '–' : `${mib(server.daemonRssPeak)} ${slope(server.daemonRssSlope)}`,
    server === null ? '–' : `${mib(server.engineRssPeak)} ${slope(server.engineRssSlope)}`,
    ledger === null ? '–' : `${ledger.acknowledged}`,
    ledger === null ? '–' : `${ledger.missing} ${ledger.duplicate} ${ledger.phantom} ${ledger.corrupt}`,
    report.verdict,
  ];
  return `| ${cells.join(' | ')} |`;
}

const mib = (bytes: number) => (bytes / MIB).toFixed(0);
const slope = (bytesPerMinute: number) =>
  `(${bytesPerMinute < 0 ? '−' : '+'}${Math.abs(bytesPerMinute / MIB).toFixed(1)}/min)`;

/** How fast the queue grew while the engine stood still and shrank afterwards, rows a second. */
function growthAndDrain(seconds: readonly SecondFigures[]): { peak: number; growth: number; drain: number } {
  const rows = seconds.map(({ queueRows }) => queueRows ?? 0);
  const peak = Math.max(...rows);
  const top = rows.indexOf(peak);
  const begin = rows.findLastIndex((value, at) => at < top && value < peak / 20);
  const end = rows.findIndex((value, at) => at > top && value < peak / 20);
  const over = (rowsChanged: number, secondsPassed: number) => rowsChanged / Math.max(1, secondsPassed);
  return {
    peak,
    growth: over(peak - rows[begin]!, top - begin),
    drain: over(peak - (rows[end] ?? rows.at(-1)!), (end === -1 ? rows.length : end) - top),
  };
}

const lines: string[] = [];
let maximum: number;
{
  await using daemon = await startDaemon();
  const step = ['--find-max', '--rate', `${FIRST_RATE}/s`, '--duration', `${STEP_SECONDS}s`, '--slo', SLO];
  const found = await loadtest<Maximum>(daemon, ...step);
  maximum = found.rate ?? FIRST_RATE / 2;
  lines.push(`Highest rate that held (${SLO}): ${maximum} events/s; ${found.limitedBy}.`, '');
}
lines.push(
  '| | events/s | ack p50 ms | ack p99 ms | lag p50 ms | lag p99 ms | parts | daemon MB | engine MB | acknowledged | missing, doubled, phantom, corrupt | verdict |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|',
);
for (const strategy of ['hybrid', 'immediate']) {
  await using daemon = await startDaemon({ settings: { 'flush.strategy': strategy } });
  const half = ['--rate', `${Math.round(maximum * 0.5)}/s`, '--duration', `${HALF_SECONDS}s`];
  lines.push(figures(`half, ${strategy}`, await loadtest<Report>(daemon, ...half)));
}
{
  await using daemon = await startDaemon();
  const rate = `${Math.round(maximum * 0.7)}/s`;
  lines.push(figures('seven tenths', await loadtest<Report>(daemon, '--rate', rate, '--duration', `${SOAK_SECONDS}s`)));
}
{
  await using daemon = await startDaemon();
  const paused = ['--fault', `pause-engine:${PAUSE_SECONDS}s@20s`, '--verify-timeout', '600s'];
  const duration = `${PAUSE_SECONDS + 20 + CATCH_UP_SECONDS}s`;
  const rate = `${Math.round(maximum * 0.7)}/s`;
  const report = await loadtest<Report>(daemon, '--rate', rate, '--duration', duration, ...paused);
  lines.push(figures(`seven tenths, engine paused ${PAUSE_SECONDS} s`, report), '');
  const { peak, growth, drain } = growthAndDrain(report.seconds);
  lines.push(
    `Paused: the queue grew to ${peak} rows at ${growth.toFixed(0)} rows/s and shrank at ${drain.toFixed(0)} rows/s while events went on.`,
  );
}
process.stdout.write(
  `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}\n\n${lines.join('\n')}\n`,
);
